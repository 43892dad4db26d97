namespace RestMq.Stores;

internal static class StoreExtensions
{
    /// <summary>Adds messages, each of which may be added or rejected by itself.</summary>
    public static ValueTask<AddResult[]> AddAsync(
        this IQueueStore store, QueueName queue, IReadOnlyList<NewMessage> messages, CancellationToken cancellationToken) =>
        store.AddAsync(queue, messages, allOrNothing: false, cancellationToken);

    /// <summary>Returns the message at the head and leaves it there. The look counts as a delivery.</summary>
    public static ValueTask<QueueMessage?> PeekHeadAsync(this IQueueStore store, QueueName queue, CancellationToken cancellationToken) =>
        store.PeekHeadAsync(queue, countsDelivery: true, cancellationToken);

    /// <summary>Returns the names of all queues, read in pages of the given size.</summary>
    public static async Task<List<QueueName>> ListAllAsync(this IQueueStore store, int page = 1000)
    {
        var all = new List<QueueName>();
        while (true)
        {
            var names = await store.ListAsync(all.LastOrDefault(), page, default);
            names.Count.Should().BeLessThanOrEqualTo(page);
            all.AddRange(names);
            if (names.Count < page) return all;
        }
    }
}
