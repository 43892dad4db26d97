namespace RestMq.Client;

/// <summary>Adds short forms of the calls of <see cref="IRestMqClient"/>, made of its members only.</summary>
public static class RestMqClientExtensions
{
    private static readonly MessageState[] PurgedStates =
        [MessageState.Leased, MessageState.Delayed, MessageState.Ready, MessageState.Dead];

    /// <summary>Adds a message without options.</summary>
    /// <inheritdoc cref="IRestMqClient.AddAsync"/>
    public static Task<AddResult> AddAsync<T>(this IRestMqClient client, string queue, T message, CancellationToken cancellationToken) =>
        client.AddAsync(queue, message, options: null, cancellationToken);

    /// <summary>Adds messages without options.</summary>
    /// <inheritdoc cref="IRestMqClient.AddManyAsync"/>
    public static Task<IReadOnlyList<AddResult>> AddManyAsync<T>(
        this IRestMqClient client, string queue, IEnumerable<T> messages, CancellationToken cancellationToken) =>
        client.AddManyAsync(queue, messages, options: null, cancellationToken);

    /// <summary>Adds a message from a stream, without options.</summary>
    /// <inheritdoc cref="IRestMqClient.AddStreamAsync"/>
    public static Task<AddResult> AddStreamAsync(this IRestMqClient client, string queue, Stream message, CancellationToken cancellationToken) =>
        client.AddStreamAsync(queue, message, options: null, cancellationToken);

    /// <summary>Takes a message, and does not wait for one.</summary>
    /// <inheritdoc cref="IRestMqClient.TakeAsync"/>
    public static Task<QueueMessage<T>?> TakeAsync<T>(this IRestMqClient client, string queue, CancellationToken cancellationToken) =>
        client.TakeAsync<T>(queue, TimeSpan.Zero, cancellationToken);

    /// <summary>Takes messages, and does not wait for one.</summary>
    /// <inheritdoc cref="IRestMqClient.TakeManyAsync"/>
    public static Task<IReadOnlyList<QueueMessage<T>>> TakeManyAsync<T>(
        this IRestMqClient client, string queue, int max, CancellationToken cancellationToken) =>
        client.TakeManyAsync<T>(queue, max, TimeSpan.Zero, cancellationToken);

    /// <summary>Leases a message, and does not wait for one.</summary>
    /// <inheritdoc cref="IRestMqClient.LeaseAsync"/>
    public static Task<LeasedMessage<T>?> LeaseAsync<T>(
        this IRestMqClient client, string queue, TimeSpan lease, CancellationToken cancellationToken) =>
        client.LeaseAsync<T>(queue, lease, TimeSpan.Zero, cancellationToken);

    /// <summary>Leases messages, and does not wait for one.</summary>
    /// <inheritdoc cref="IRestMqClient.LeaseManyAsync"/>
    public static Task<IReadOnlyList<LeasedMessage<T>>> LeaseManyAsync<T>(
        this IRestMqClient client, string queue, int max, TimeSpan lease, CancellationToken cancellationToken) =>
        client.LeaseManyAsync<T>(queue, max, lease, TimeSpan.Zero, cancellationToken);

    /// <summary>Peeks at the ten newest ready messages, newest first.</summary>
    public static Task<IReadOnlyList<PeekedMessage<T>>> BrowseAsync<T>(this IRestMqClient client, string queue, CancellationToken cancellationToken) =>
        client.BrowseAsync<T>(queue, MessageState.Ready, cancellationToken);

    /// <summary>Streams the queue's messages as a live consumer, with the default options.</summary>
    /// <inheritdoc cref="IRestMqClient.ConsumeAsync"/>
    public static IAsyncEnumerable<QueueMessage<T>> ConsumeAsync<T>(this IRestMqClient client, string queue, CancellationToken cancellationToken) =>
        client.ConsumeAsync<T>(queue, options: null, cancellationToken);

    /// <summary>Streams the queue's messages and leases each to this consumer alone, with the default options.</summary>
    /// <inheritdoc cref="IRestMqClient.ConsumeLeasedAsync"/>
    public static IAsyncEnumerable<LeasedMessage<T>> ConsumeLeasedAsync<T>(
        this IRestMqClient client, string queue, TimeSpan lease, CancellationToken cancellationToken) =>
        client.ConsumeLeasedAsync<T>(queue, lease, cancellationToken: cancellationToken);

    /// <summary>Pauses the queue's live streams. Messages are kept and can still be taken.</summary>
    /// <returns>The settings after the change.</returns>
    public static Task<QueueSettings> PauseAsync(this IRestMqClient client, string queue, CancellationToken cancellationToken = default) =>
        client.ConfigureAsync(queue, new QueueSettingsChange { Stopped = true }, cancellationToken);

    /// <summary>Resumes the queue's live streams after <see cref="PauseAsync"/>.</summary>
    /// <returns>The settings after the change.</returns>
    public static Task<QueueSettings> ResumeAsync(this IRestMqClient client, string queue, CancellationToken cancellationToken = default) =>
        client.ConfigureAsync(queue, new QueueSettingsChange { Stopped = false }, cancellationToken);

    /// <summary>
    /// Deletes the messages of a queue, whatever their state. The settings and the live streams stay, unlike with
    /// <see cref="IRestMqClient.DeleteQueueAsync"/>. The purge goes state by state, so a message that is added,
    /// delivered or settled meanwhile may stay.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="cancellationToken">Cancels the purge. Messages that were deleted before stay deleted.</param>
    /// <returns>The number of deleted messages.</returns>
    public static async Task<long> PurgeAsync(this IRestMqClient client, string queue, CancellationToken cancellationToken = default)
    {
        var purged = 0L;
        foreach (var state in PurgedStates) purged += await client.PurgeAsync(queue, state, cancellationToken).ConfigureAwait(false);
        return purged;
    }
}
