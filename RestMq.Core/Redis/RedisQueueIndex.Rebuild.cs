using System.Text.RegularExpressions;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>Rebuilds an index that was lost: scans all primaries, and enters every queue that it finds.</summary>
internal sealed partial class RedisQueueIndex
{
    private const int ScanStep = 1000;

    /// <summary>Enters every queue whose keys have the prefix.</summary>
    /// <returns>How many queues there are.</returns>
    public async ValueTask<long> RebuildAsync(string prefix, CancellationToken cancellationToken)
    {
        long found = 0;
        var primaries = await _connection.DoAsync(
            static c => Task.FromResult(c.GetServers().Where(static server => server is { IsConnected: true, IsReplica: false }).ToArray()),
            cancellationToken).ConfigureAwait(false);
        var pattern = $"{Special().Replace(prefix, @"\$0")}{{*}}:meta";
        foreach (var primary in primaries)
        {
            var cursor = "0";
            do
            {
                // Scans the database of the connection in steps, so that other commands do not wait for the whole scan.
                var reply = await _connection.DoAsync(
                    c => primary.ExecuteAsync(c.GetDatabase().Database, "SCAN", [cursor, "MATCH", pattern, "COUNT", ScanStep]), cancellationToken).ConfigureAwait(false);
                cursor = (string)reply[0]!;
                await Parallel.ForEachAsync(
                    (RedisKey[])reply[1]!, new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrent, CancellationToken = cancellationToken },
                    async (meta, _) =>
                    {
                        if (await EnterFoundAsync(meta, prefix).ConfigureAwait(false)) Interlocked.Increment(ref found);
                    }).ConfigureAwait(false);
            }
            while (cursor != "0");
        }
        return found;
    }

    // A purged queue keeps its counters in `meta` for a day, but does not exist.
    private async ValueTask<bool> EnterFoundAsync(RedisKey meta, string prefix)
    {
        var name = ((string)meta!)[(prefix.Length + 1)..^"}:meta".Length];
        if (!QueueName.TryParse(name, out var queue, out _) || !await ExistsAsync(meta).ConfigureAwait(false)) return false;
        await ReconcileAsync(queue, meta, exists: true).ConfigureAwait(false);
        return true;
    }

    // The characters that a Redis pattern does not take literally.
    [GeneratedRegex(@"[*?\[\]\\]")]
    private static partial Regex Special();
}
