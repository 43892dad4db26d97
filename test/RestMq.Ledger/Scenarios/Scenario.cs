namespace RestMq.Ledger.Scenarios;

/// <summary>Something that goes wrong, for a time.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="RunAsync">Runs it for so long; gives a row, or several.</param>
internal sealed record Scenario(string Name, Func<TimeSpan, Task<IReadOnlyList<Row>>> RunAsync)
{
    /// <summary>All there are.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("daemon-kill", DaemonScenarios.KillAsync),
        new("daemon-stop", DaemonScenarios.StopAsync),
        new("consumer-kill", ConsumerScenarios.KillAsync),
        new("abort", ConsumerScenarios.AbortAsync),
        new("redis-kill-always", time => RedisScenarios.KillAsync(time, "always")),
        new("redis-kill-everysec", time => RedisScenarios.KillAsync(time, "everysec")),
        new("proxy", ProxyScenarios.RunAsync),
        new("streams", StreamScenarios.RunAsync),
    ];
}
