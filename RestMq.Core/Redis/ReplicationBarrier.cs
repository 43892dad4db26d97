using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RestMq.Engine;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Waits for replicas with <c>WAIT</c>, on a connection that may be blocked. All calls that wait for one primary share
/// its rounds, whatever their queues. A round covers everything that was written before it began, because any command
/// moves the connection's replication offset to the primary's last write.
/// </summary>
/// <param name="connect">Returns the connection that may be blocked.</param>
/// <param name="options">The number of replicas, and the time limit.</param>
/// <param name="time">The clock of the time limit.</param>
/// <param name="logger">Logs why a round has no result.</param>
internal sealed partial class ReplicationBarrier(
    Func<CancellationToken, Task<IConnectionMultiplexer>> connect, RedisStoreOptions options, TimeProvider time, ILogger logger)
{
    // A server has one replication history until it restarts or its role changes. Beyond this limit all lanes are
    // dropped, and created again when they are needed. Calls that wait in a dropped lane are not affected.
    private const int MostLanes = 256;

    // More calls than can wait within the time limit.
    private const int MostTogether = 1_000_000;

    // The limit for opening the connection, which comes before the first wait and is no part of its time.
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(1.25);

    // The script reads no key, so every server accepts it. INFO runs in a script, because StackExchange.Redis allows
    // the plain command only in its admin mode.
    private static readonly object[] AskHistory = ["return redis.call('INFO', 'replication')", 0];

    private readonly ConcurrentDictionary<string, GroupCommit<RedisKey, Round>> _lanes = new();
    private readonly int _milliseconds = (int)Math.Ceiling(options.ReplicationTimeout.TotalMilliseconds);

    /// <summary>Waits until enough replicas have everything that was written to the server of a key.</summary>
    /// <param name="key">A key of that server.</param>
    /// <param name="history">The replication id of the server at the time of the write.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RestMqNotReplicatedException">Too few replicas confirmed the writes in time, or it cannot be
    /// known whether they have them.</exception>
    public async ValueTask WaitAsync(RedisKey key, string history, CancellationToken cancellationToken)
    {
        if (history.Length == 0)
        {
            throw NotReplicated(
                "This host must be allowed to run INFO, to tell one primary from another, but Redis refuses it.", null);
        }
        await ConnectedAsync(cancellationToken).ConfigureAwait(false);
        if (_lanes.Count >= MostLanes) _lanes.Clear();
        var lane = _lanes.GetOrAdd(history, static (name, barrier) =>
            new GroupCommit<RedisKey, Round>(keys => barrier.RoundAsync(keys, name), static _ => 1, MostTogether), this);
        Exception? failure = null;
        try
        {
            // Each caller has its own time limit, which includes the rest of a round that was already running.
            var round = await lane.SendAsync(key).AsTask().WaitAsync(options.ReplicationTimeout, time, cancellationToken).ConfigureAwait(false);
            if (round.Replicated) return;
            failure = round.Failure;
        }
        catch (TimeoutException)
        {
            // Handled like a WAIT that ends with too few replicas.
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            throw NotReplicated("The caller stopped waiting for the replicas.", e);
        }
        var replicas = options.Replicas == 1 ? "a replica" : $"{options.Replicas} replicas";
        throw NotReplicated($"It was not known to be on {replicas} within {options.ReplicationTimeout.TotalSeconds:0.###} s.", failure);
    }

    private async ValueTask ConnectedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await connect(cancellationToken).WaitAsync(ConnectLimit, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw NotReplicated("The connection that waits for replicas could not be opened.", e);
        }
    }

    private async ValueTask<Round[]> RoundAsync(IReadOnlyList<RedisKey> keys, string history)
    {
        var rounds = new Round[keys.Count];
        Array.Fill(rounds, await RoundAsync(keys[0], history).ConfigureAwait(false));
        return rounds;
    }

    private async ValueTask<Round> RoundAsync(RedisKey key, string history)
    {
        try
        {
            var connection = await connect(CancellationToken.None).ConfigureAwait(false);
            var server = connection.GetServer(key, flags: CommandFlags.DemandMaster);
            // The commands run one after another on one connection. The first moves the connection's replication offset
            // to the last write. Before and after WAIT, the server must be the primary that got the writes. Another
            // primary, which has taken its place, may have replicas without these writes.
            var before = server.ExecuteAsync("EVAL", AskHistory);
            var wait = server.ExecuteAsync("WAIT", options.Replicas, _milliseconds);
            var after = server.ExecuteAsync("EVAL", AskHistory);
            var told = await Task.WhenAll(before, wait, after).ConfigureAwait(false);
            if (HasHistory(told[0], history) && HasHistory(told[2], history)) return new Round((long)told[1] >= options.Replicas, null);
            LogOther(logger, $"{server.EndPoint}");
            return default;
        }
        catch (Exception e)
        {
            // After any failure the message may exist. The callers must learn that, so the failure becomes a result and
            // is not thrown.
            LogLost(logger, e.Message);
            return new Round(false, e);
        }
    }

    private static bool HasHistory(RedisResult told, string history) =>
        (string?)told is { } info && info.Contains("role:master", StringComparison.Ordinal) && info.Contains($"master_replid:{history}", StringComparison.Ordinal);

    private static RestMqNotReplicatedException NotReplicated(string why, Exception? inner) => new(
        $"The message may exist, and may yet be lost. {why} Send it again with the same idempotency key: then it is added once.", inner);

    /// <summary>How a round ended. The default value is deliberately not a success.</summary>
    /// <param name="Replicated">Whether enough replicas had everything.</param>
    /// <param name="Failure">The error because of which it could not be known, if any.</param>
    private readonly record struct Round(bool Replicated, Exception? Failure);

    [LoggerMessage(14, LogLevel.Debug,
        "Redis at {Server} is not, or no longer, the primary that got the writes. Its replicas cannot confirm them")]
    private static partial void LogOther(ILogger logger, string server);

    [LoggerMessage(15, LogLevel.Debug, "Redis did not report whether its replicas have the writes: {Reason}")]
    private static partial void LogLost(ILogger logger, string reason);
}
