using System.Runtime.CompilerServices;

namespace RestMq;

/// <summary>Enumerates all queues, page by page.</summary>
public static class QueueEngineExtensions
{
    private const int Page = 1000;

    /// <summary>
    /// Returns the names of all queues, in the order of their UTF-8 bytes. The store is asked for one page at a time. A
    /// queue that is created or purged meanwhile may or may not be listed.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    public static async IAsyncEnumerable<QueueName> ListAllAsync(
        this IQueueEngine engine, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (QueueName? after = null; ;)
        {
            var page = await engine.ListAsync(after, Page, cancellationToken).ConfigureAwait(false);
            foreach (var name in page) yield return name;
            if (page.Count < Page) yield break;
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
            var page = await engine.ListAsync(after, Page, cancellationToken).ConfigureAwait(false);
            foreach (var stats in await engine.StatsAsync(page, cancellationToken).ConfigureAwait(false)) yield return stats;
            if (page.Count < Page) yield break;
            after = page[^1];
        }
    }
}
