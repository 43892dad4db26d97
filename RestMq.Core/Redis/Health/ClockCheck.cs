using System.Net;
using RestMq.Redis.Connections;
using StackExchange.Redis;

namespace RestMq.Redis.Health;

/// <summary>
/// Compares the clocks of primaries and replicas. Leases run by the clock of the primary, so a failover to a server whose clock is ahead ends them early by
/// that much.
/// </summary>
internal sealed class ClockCheck(RedisConnection connection, TimeProvider time)
{
    /// <summary>What the clocks may differ by before anybody is told.</summary>
    public static readonly TimeSpan Tolerated = TimeSpan.FromSeconds(1);

    // Replicas may need a connection for it, so a probe that comes every second does not measure each time.
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private long _measuredAt;
    private TimeSpan? _skew;

    /// <summary>Returns by how much the clocks of the servers differ, measured within the last half minute; null when fewer than two tell their time.</summary>
    public async Task<TimeSpan?> SkewAsync(IReadOnlyList<ServerReport> primaries, CancellationToken cancellationToken)
    {
        if (_measuredAt != 0 && time.GetElapsedTime(_measuredAt) < Every) return _skew;
        var offsets = await connection.DoAsync(c => OffsetsAsync(c, primaries), cancellationToken).ConfigureAwait(false);
        _skew = offsets.Length < 2 ? null : Differ(offsets);
        _measuredAt = time.GetTimestamp();
        return _skew;
    }

    // A slow answer tells less: the clocks surely differ by what remains when both delays are taken off.
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
            : primaries.SelectMany(primary => primary.Replicas).Where(replica => !known.Contains(RedisSettings.NameOf(replica))).Select(replica => AskAsync(configuration, replica));
        return [.. (await Task.WhenAll([.. servers.Select(AskAsync), .. replicas]).ConfigureAwait(false)).OfType<Offset>()];
    }

    private async Task<Offset?> AskAsync(ConfigurationOptions configuration, EndPoint replica)
    {
        var one = configuration.For(replica);
        (one.ConnectTimeout, one.AsyncTimeout, one.ConnectRetry) = ((int)Patience.TotalMilliseconds, (int)Patience.TotalMilliseconds, 1);
        try
        {
            var opened = await ConnectionMultiplexer.ConnectAsync(one).ConfigureAwait(false);
            await using var closing = opened.ConfigureAwait(false);
            return await AskAsync(opened.GetServer(replica)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return null; // Its clock is unknown; whether there are enough replicas is the server's question.
        }
    }

    private async Task<Offset?> AskAsync(IServer server)
    {
        try
        {
            var start = time.GetTimestamp();
            var told = await server.TimeAsync().WaitAsync(Patience).ConfigureAwait(false);
            var delay = time.GetElapsedTime(start);
            return new Offset(told - time.GetUtcNow().UtcDateTime, delay);
        }
        catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException)
        {
            return null;
        }
    }

    private sealed record Offset(TimeSpan Ahead, TimeSpan Delay);
}
