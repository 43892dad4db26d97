namespace RestMq.Client;

/// <summary>Adds short forms of the calls of <see cref="IRestMqClient"/>.</summary>
public static class RestMqClientExtensions
{
    private static readonly MessageState[] PurgedStates =
        [MessageState.Leased, MessageState.Delayed, MessageState.Ready, MessageState.Dead];

    /// <summary>Adds a message without options.</summary>
    /// <inheritdoc cref="IRestMqClient.AddAsync"/>
    public static Task<string> AddAsync<T>(this IRestMqClient client, string queue, T message, CancellationToken cancellationToken) =>
        client.AddAsync(queue, message, options: null, cancellationToken);

    /// <summary>Takes a message, and does not wait for one.</summary>
    /// <inheritdoc cref="IRestMqClient.TakeAsync"/>
    public static Task<QueueMessage<T>?> TakeAsync<T>(this IRestMqClient client, string queue, CancellationToken cancellationToken) =>
        client.TakeAsync<T>(queue, TimeSpan.Zero, cancellationToken);

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
