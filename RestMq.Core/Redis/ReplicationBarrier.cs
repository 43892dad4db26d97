using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RestMq.Engine;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Waits for replicas, by <c>WAIT</c> on a connection that may be blocked. All who wait for one primary share its
/// rounds, whatever their queues: a round covers everything that was written before it began, because any command takes
/// the connection to the primary's last write.
/// </summary>
/// <param name="connect">Gives the connection.</param>
/// <param name="options">How many replicas, and for how long.</param>
/// <param name="time">The clock of the time limit.</param>
/// <param name="logger">Told why a round could not tell.</param>
internal sealed partial class ReplicationBarrier(
    Func<CancellationToken, Task<IConnectionMultiplexer>> connect, RedisStoreOptions options, TimeProvider time, ILogger logger)
{
    // A server has one history until it restarts or its role changes. What is dropped here is made anew; those who wait
    // in it are not affected.
    private const int MostLanes = 256;

    // More than can wait within the time limit.
    private const int MostTogether = 1_000_000;

    // For the making of the connection, which comes before the first wait and is no part of its time.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.25);

    // Reads no key, so that every server takes it. By a script: the client keeps INFO to connections in its admin mode.
    private static readonly object[] AskHistory = ["return redis.call('INFO', 'replication')", 0];

    private readonly ConcurrentDictionary<string, GroupCommit<RedisKey, Round>> _lanes = new();
    private readonly int _milliseconds = (int)Math.Ceiling(options.ReplicationTimeout.TotalMilliseconds);

    /// <summary>Waits until enough replicas have all that was written to the server of a key.</summary>
    /// <param name="key">A key of that server.</param>
    /// <param name="history">The replication id that the server had when it was written.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RestMqNotReplicatedException">They have not in time, or it cannot be known.</exception>
    public async ValueTask WaitAsync(RedisKey key, string history, CancellationToken cancellationToken)
    {
        if (history.Length == 0) throw NotReplicated("Redis does not let this host run INFO, by which it tells one primary from another.", null);
        await ConnectedAsync(cancellationToken).ConfigureAwait(false);
        if (_lanes.Count >= MostLanes) _lanes.Clear();
        var lane = _lanes.GetOrAdd(history, static (name, barrier) =>
            new GroupCommit<RedisKey, Round>(keys => barrier.RoundAsync(keys, name), static _ => 1, MostTogether), this);
        Exception? failure = null;
        try
        {
            // The limit is each caller's own: a round that was under way when it came is part of its time.
            var round = await lane.SendAsync(key).AsTask().WaitAsync(options.ReplicationTimeout, time, cancellationToken).ConfigureAwait(false);
            if (round.Replicated) return;
            failure = round.Failure;
        }
        catch (TimeoutException)
        {
            // As when the server says that the time is over.
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            throw NotReplicated("The caller did not wait for them.", e);
        }
        var replicas = options.Replicas == 1 ? "a replica" : $"{options.Replicas} replicas";
        throw NotReplicated($"It was not known to be on {replicas} within {options.ReplicationTimeout.TotalSeconds:0.###} s.", failure);
    }

    private async ValueTask ConnectedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await connect(cancellationToken).WaitAsync(Patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw NotReplicated("There is no connection to wait for replicas on.", e);
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
            // One after another on one connection. The first takes the connection to the last write. Before and after
            // WAIT the server must be the primary that was written to: another one, which has taken its place, may have
            // replicas that know nothing of these writes.
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
            // Whatever it was, the message may exist: callers must be told that, and not a failure that says nothing of
            // it.
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
    /// <param name="Failure">The reason why it could not be known.</param>
    private readonly record struct Round(bool Replicated, Exception? Failure);

    [LoggerMessage(14, LogLevel.Debug, "Redis at {Server} is not the primary that was written to, or no longer: its replicas tell nothing of these writes")]
    private static partial void LogOther(ILogger logger, string server);

    [LoggerMessage(15, LogLevel.Debug, "Redis did not tell whether its replicas have what was written: {Reason}")]
    private static partial void LogLost(ILogger logger, string reason);
}
