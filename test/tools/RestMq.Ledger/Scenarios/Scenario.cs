namespace RestMq.Ledger.Scenarios;

/// <summary>Describes a scenario, in which something fails for a time.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="RunAsync">Runs the scenario for the given time, and returns one or more rows.</param>
internal sealed record Scenario(string Name, Func<TimeSpan, Task<IReadOnlyList<Row>>> RunAsync)
{
    /// <summary>Gets all scenarios.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("host-kill", HostScenarios.KillAsync),
        new("host-stop", HostScenarios.StopAsync),
        new("consumer-kill", ConsumerScenarios.KillAsync),
        new("abort", ConsumerScenarios.AbortAsync),
        new("redis-kill-always", time => RedisScenarios.KillAsync(time, "always")),
        new("redis-kill-everysec", time => RedisScenarios.KillAsync(time, "everysec")),
        new("proxy", ProxyScenarios.RunAsync),
        new("streams", StreamScenarios.RunAsync),
        new("sentinel-failover", SentinelScenarios.FailoverAsync),
        new("sentinel-kill", time => SentinelScenarios.KillAsync(time, replicated: false)),
        new("sentinel-kill-replicated", time => SentinelScenarios.KillAsync(time, replicated: true)),
        new("sentinel-partition", time => SentinelScenarios.PartitionAsync(time, replicated: false)),
        new("sentinel-partition-replicated", time => SentinelScenarios.PartitionAsync(time, replicated: true)),
        new("cluster-failover", ClusterScenarios.FailoverAsync),
        new("cluster-kill", time => ClusterScenarios.KillAsync(time, replicated: false)),
        new("cluster-kill-replicated", time => ClusterScenarios.KillAsync(time, replicated: true)),
        new("cluster-reshard", ClusterScenarios.ReshardAsync),
        new("cluster-shard-away", ClusterScenarios.ShardAwayAsync),
        new("hosts-behind-nginx", ProxiedHostsScenarios.RunAsync),
    ];
}
