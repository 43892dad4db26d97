using RestMq.Redis.Connections;
using RestMq.Redis.Sentinel;
using RestMq.Stores;
using StackExchange.Redis;

namespace RestMq.Redis.Health;

/// <summary>
/// Checks whether Redis accepts writes, and whether its settings may lose messages. A managed server or an ACL may
/// refuse INFO and CONFIG. A fact that a server does not report is unknown, and is no failure.
/// </summary>
internal sealed class RedisHealth(RedisConnection connection, string prefix, TimeProvider time)
{
    private readonly ClockCheck _clocks = new(connection, time);

    public async ValueTask<StoreReport> CheckAsync(CancellationToken cancellationToken)
    {
        var facts = new Dictionary<string, object> { ["store"] = connection.Description };
        try
        {
            var cluster = await connection.DoAsync(ClusterMap.ReadAsync, cancellationToken).ConfigureAwait(false);
            List<string> warnings = [];
            if (cluster is null)
                await connection.DoAsync(c => TryWriteAsync(c, prefix + "check"), cancellationToken).ConfigureAwait(false);
            else if (await CheckShardsAsync(cluster, facts, warnings, cancellationToken).ConfigureAwait(false) is { } failure)
                return new StoreReport(failure, [], facts);
            var servers = await connection.DoAsync(ServerReport.OfPrimariesAsync, cancellationToken).ConfigureAwait(false);
            facts["store"] = connection.Description; // When the application connects, the servers are known only now.
            foreach (var name in ServerReport.Facts) facts[name] = string.Join(", ", servers.Select(server => server[name]).Distinct());
            warnings.AddRange(servers.SelectMany(server => server.Warnings(connection.Source is SentinelSource)));
            CheckSentinels(facts, warnings);
            if (await _clocks.SkewAsync(servers, cancellationToken).ConfigureAwait(false) is { } skew)
            {
                facts["clock_skew_ms"] = (long)skew.TotalMilliseconds;
                if (skew > ClockCheck.Tolerated)
                {
                    warnings.Add(
                        $"the clocks of the servers differ by {(long)skew.TotalMilliseconds} ms, so a failover to the "
                        + "server that is ahead ends leases early. Run NTP on all servers.");
                }
            }
            return new StoreReport(null, [.. warnings.Distinct()], facts);
        }
        catch (RestMqUnavailableException e)
        {
            if (e is RestMqStoreRefusedException refused) return new StoreReport(refused.Details, [], facts) { IsRefused = true };
            if (e.InnerException is not { } cause) return new StoreReport(e.Message, [], facts);
            return new StoreReport(RedisErrors.Explain(cause), [], facts) { IsLate = RedisErrors.IsLate(cause) };
        }
    }

    // Returns a failure only when no shard takes writes. One shard that is away is a warning: it must not take the
    // hosts out of service, because the queues of the other shards work.
    private async Task<string?> CheckShardsAsync(
        ClusterMap cluster, Dictionary<string, object> facts, List<string> warnings, CancellationToken cancellationToken)
    {
        var outcomes = await Task.WhenAll(cluster.Primaries.Select(CheckAsync)).ConfigureAwait(false);
        var served = outcomes.Where(outcome => outcome.Failure is null).SelectMany(outcome => outcome.Shard.Slots).ToHashSet();
        var away = ClusterMap.Ranges(Enumerable.Range(0, ClusterMap.SlotCount).Where(slot => !served.Contains(slot)));
        facts["slots_away"] = away;
        if (away.Length == 0) return null;
        var failures = outcomes.Where(outcome => outcome.Failure is not null).Select(outcome => $"{outcome.Shard.Name}: {outcome.Failure}");
        var why = string.Join("; ", failures) is { Length: > 0 } text ? $" ({text})" : "";
        var sentence = $"slots {away} have no primary that takes writes, so calls on their queues are answered 503{why}.";
        if (served.Count == 0) return sentence;
        warnings.Add(sentence);
        return null;

        async Task<(ClusterMap.Shard Shard, string? Failure)> CheckAsync(ClusterMap.Shard shard)
        {
            try
            {
                await connection.DoAsync(c => TryWriteAsync(c, shard.KeyOf(c, prefix + "check")), cancellationToken).ConfigureAwait(false);
                return (shard, null);
            }
            catch (RestMqUnavailableException e)
            {
                return (shard, RedisErrors.Explain(e.InnerException ?? e));
            }
        }
    }

    private void CheckSentinels(Dictionary<string, object> facts, List<string> warnings)
    {
        if (connection.Source is SentinelSource sentinels)
        {
            var (all, silent) = (sentinels.Monitor.All, sentinels.Monitor.Silent);
            facts["sentinels"] = $"{all.Count - silent.Count} of {all.Count}";
            if (silent.Count > 0)
            {
                var names = string.Join(", ", silent.Select(RedisSettings.NameOf));
                warnings.Add($"the sentinels at {names} do not answer, and without a majority of them calls are answered 503.");
            }
        }
        else if (connection.Source is { Configuration: null, Current: { } link } && RedisSettings.FollowsSentinelItself(link.Multiplexer))
        {
            warnings.Add(
                "the application's own connection follows Sentinel by itself, and may stay with a deposed primary. "
                + "Set the connection string instead.");
        }
    }

    /// <summary>
    /// Sends a write that changes nothing. Redis refuses this write whenever it would refuse an add: on a replica,
    /// without memory, or without a disk.
    /// </summary>
    private static async Task<bool> TryWriteAsync(IConnectionMultiplexer connection, RedisKey key)
    {
        if (connection.GetServers() is { Length: > 0 } servers && servers.All(server => server is { IsConnected: true, IsReplica: true }))
            throw new RestMqUnavailableException("it is a replica, which takes no writes", null);
        try
        {
            var redis = connection.GetDatabase();
            await redis.StringSetRangeAsync(key, 0, RedisValue.EmptyString, CommandFlags.DemandMaster).ConfigureAwait(false);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOPERM", StringComparison.Ordinal))
        {
            // The ACL forbids SETRANGE. This says nothing of the commands that the store uses.
        }
        return true;
    }
}
