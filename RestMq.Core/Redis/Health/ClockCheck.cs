using System.Net;
using RestMq.Redis.Connections;
using StackExchange.Redis;

namespace RestMq.Redis.Health;

/// <summary>
/// Compares the clocks of primaries and replicas. Leases run by the clock of the primary. So a failover to a server
/// whose clock is ahead ends leases early, by the difference of the clocks.
/// </summary>
internal sealed class ClockCheck(RedisConnection connection, TimeProvider time)
{
    /// <summary>Holds the difference of the clocks above which readiness warns.</summary>
    public static readonly TimeSpan Tolerated = TimeSpan.FromSeconds(1);

    // A measurement may open connections to replicas. So a readiness probe every second does not measure each time.
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(1);

    private Measurement? _last;

    /// <summary>
    /// Returns by how much the clocks of the servers differ, measured within the last 30 s. Returns null when fewer
    /// than two servers report their time.
    /// </summary>
    public async Task<TimeSpan?> SkewAsync(IReadOnlyList<ServerReport> primaries, CancellationToken cancellationToken)
    {
        if (_last is { } last && time.GetElapsedTime(last.At) < Every) return last.Skew;
        var multiplexer = await connection.DoAsync(one => Task.FromResult(one), cancellationToken).ConfigureAwait(false);
        var offsets = await OffsetsAsync(multiplexer, primaries).ConfigureAwait(false);
        _last = new Measurement(time.GetTimestamp(), offsets.Length < 2 ? null : Differ(offsets));
        return _last.Skew;
    }

    // Returns the greatest difference that is certain. Half of both round-trip times is subtracted, because a slow
    // answer is less exact.
    private static TimeSpan Differ(Offset[] offsets)
    {
        var most = TimeSpan.Zero;
        foreach (var one in offsets)
        {
            foreach (var other in offsets)
            {
                var surely = one.Ahead - other.Ahead - ((one.Delay + other.Delay) / 2);
                if (surely > most) most = surely;
            }
        }
        return most;
    }

    private async Task<Offset[]> OffsetsAsync(IConnectionMultiplexer multiplexer, IReadOnlyList<ServerReport> primaries)
    {
        var servers = multiplexer.GetServers().Where(server => server.IsConnected).ToArray();
        var known = servers.Select(server => RedisSettings.NameOf(server.EndPoint)).ToHashSet();
        var replicas = connection.Source.Configuration is not { } configuration ? []
            : primaries.SelectMany(primary => primary.Replicas).Where(replica => !known.Contains(RedisSettings.NameOf(replica)))
                .Select(replica => InTimeAsync(AskAsync(configuration, replica)));
        return [.. (await Task.WhenAll([.. servers.Select(AskInTimeAsync), .. replicas]).ConfigureAwait(false)).OfType<Offset>()];
    }

    private Task<Offset?> AskInTimeAsync(IServer server) => InTimeAsync(AskAsync(server));

    // The clock of a server that does not report its time is unknown. This check does not judge whether the server
    // should answer.
    private static async Task<Offset?> InTimeAsync(Task<Offset?> asking)
    {
        try
        {
            return await asking.WaitAsync(CallTimeout).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException)
        {
            return null;
        }
    }

    private async Task<Offset?> AskAsync(ConfigurationOptions configuration, EndPoint replica)
    {
        var one = configuration.For(replica);
        (one.ConnectTimeout, one.AsyncTimeout, one.ConnectRetry) = ((int)CallTimeout.TotalMilliseconds, (int)CallTimeout.TotalMilliseconds, 1);
        one.BacklogPolicy = BacklogPolicy.FailFast;
        var opened = await ConnectionMultiplexer.ConnectAsync(one).ConfigureAwait(false);
        await using var closing = opened.ConfigureAwait(false);
        return await AskAsync(opened.GetServer(replica)).ConfigureAwait(false);
    }

    private async Task<Offset?> AskAsync(IServer server)
    {
        var start = time.GetTimestamp();
        var told = await server.TimeAsync().ConfigureAwait(false);
        var delay = time.GetElapsedTime(start);
        return new Offset(told - time.GetUtcNow().UtcDateTime, delay);
    }

    private sealed record Offset(TimeSpan Ahead, TimeSpan Delay);

    private sealed record Measurement(long At, TimeSpan? Skew);
}
