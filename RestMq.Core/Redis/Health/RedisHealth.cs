using RestMq.Redis.Connections;
using RestMq.Redis.Sentinel;
using RestMq.Stores;
using StackExchange.Redis;

namespace RestMq.Redis.Health;

/// <summary>
/// Tells whether Redis takes what is written, and whether it will keep it. What a server does not tell (a managed
/// one, or an ACL, may refuse INFO and CONFIG) is unknown, and no failure.
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
            facts["store"] = connection.Description; // Its servers are known only now where the application connects.
            foreach (var name in ServerReport.Facts) facts[name] = string.Join(", ", servers.Select(server => server[name]).Distinct());
            warnings.AddRange(servers.SelectMany(server => server.Warnings(connection.Source is SentinelSource)));
            CheckSentinels(facts, warnings);
            if (await _clocks.SkewAsync(servers, cancellationToken).ConfigureAwait(false) is { } skew)
            {
                facts["clock_skew_ms"] = (long)skew.TotalMilliseconds;
                if (skew > ClockCheck.Tolerated)
                {
                    warnings.Add(
                        $"the clocks of the servers differ by {(long)skew.TotalMilliseconds} ms, so a failover to the one that is ahead ends leases "
                        + "early; run NTP on all of them.");
                }
            }
            return new StoreReport(null, [.. warnings.Distinct()], facts);
        }
        catch (RestMqUnavailableException e)
        {
            return new StoreReport(e.InnerException?.Message ?? e.Message, [], facts);
        }
    }

    // A shard that is away is no reason to take the hosts out of service: the queues of all others go on.
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
                // The client library's message of a lost connection is a page of numbers.
                return (shard, e.InnerException is RedisConnectionException lost ? $"{lost.FailureType}" : (e.InnerException ?? e).Message);
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
                "the application's own connection follows Sentinel by itself, which may stay with a deposed primary; give the connection string instead.");
        }
    }

    /// <summary>
    /// A write that changes nothing, and that is refused whenever an add would be: by a replica, without memory,
    /// without a disk.
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
            // This one command is not among those that it may use; that says nothing of the others.
        }
        return true;
    }
}
