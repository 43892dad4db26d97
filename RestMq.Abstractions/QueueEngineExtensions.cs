using System.Runtime.CompilerServices;

namespace RestMq;

/// <summary>
/// Provides convenience methods for <see cref="IQueueEngine"/>, made of its members only. Each call of a queue exists with
/// the name of the queue as text too. An invalid name is an <see cref="ArgumentException"/> that says the rule.
/// </summary>
public static partial class QueueEngineExtensions
{
    private const int PageSize = 1000;

    // Without a caller, a message only moves to a state later in this list: its lease or its delay ends. In this order
    // the purge still meets the message.
    private static readonly MessageState[] PurgedStates =
        [MessageState.Leased, MessageState.Delayed, MessageState.Ready, MessageState.Dead];

    /// <summary>
    /// Deletes the messages of a queue, whatever their state. The settings and the streams stay, unlike with
    /// <see cref="IQueueEngine.DeleteQueueAsync"/>. The purge goes state by state, so a message that is added,
    /// delivered or settled meanwhile may stay.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="cancellationToken">Cancels the purge. Messages that were deleted before stay deleted.</param>
    /// <returns>The number of deleted messages.</returns>
    public static async ValueTask<long> PurgeAsync(this IQueueEngine engine, QueueName queue, CancellationToken cancellationToken = default)
    {
        var purged = 0L;
        foreach (var state in PurgedStates)
            purged += await engine.PurgeAsync(queue, state, cancellationToken).ConfigureAwait(false);
        return purged;
    }

    /// <summary>
    /// Returns the names of all queues, in the order of their UTF-8 bytes. The store is asked for one page at a time. A
    /// queue that is created or deleted meanwhile may or may not be listed.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    public static async IAsyncEnumerable<QueueName> ListAllAsync(
        this IQueueEngine engine, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (QueueName? after = null; ;)
        {
            var page = await engine.ListAsync(after, PageSize, cancellationToken).ConfigureAwait(false);
            foreach (var name in page) yield return name;
            if (page.Count < PageSize) yield break;
            after = page[^1];
        }
    }

    /// <summary>
    /// Returns the statistics of all queues, in the order of <see cref="ListAllAsync"/>, page by page.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    public static async IAsyncEnumerable<QueueStats> StatsOfAllAsync(
        this IQueueEngine engine, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (QueueName? after = null; ;)
        {
            var page = await engine.ListAsync(after, PageSize, cancellationToken).ConfigureAwait(false);
            foreach (var stats in await engine.StatsAsync(page, cancellationToken).ConfigureAwait(false)) yield return stats;
            if (page.Count < PageSize) yield break;
            after = page[^1];
        }
    }
}
