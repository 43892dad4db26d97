namespace RestMq.Stores;

internal static class StoreExtensions
{
    /// <summary>Adds messages that do not belong together.</summary>
    public static ValueTask<AddResult[]> AddAsync(
        this IQueueStore store, QueueName queue, IReadOnlyList<NewMessage> messages, CancellationToken cancellationToken) =>
        store.AddAsync(queue, messages, whole: false, cancellationToken);
}
