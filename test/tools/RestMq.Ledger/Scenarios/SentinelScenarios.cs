using RestMq.Ledger.Servers;

namespace RestMq.Ledger.Scenarios;

/// <summary>Runs hosts on a primary, its replicas and three sentinels while the primary changes.</summary>
internal static class SentinelScenarios
{
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(20);

    /// <summary>Runs planned failovers (<c>SENTINEL FAILOVER</c>), one after another.</summary>
    public static async Task<IReadOnlyList<Row>> FailoverAsync(TimeSpan time)
    {
        await using var site = await StartAsync(2, time);
        var sentinels = TopologyOf(site);
        var run = NewTrial(site, "planned");
        var row = await run.RunAsync("sentinel-failover",
            Faults.WhileAddsFlowAsync(() => Faults.RepeatAsync(time, Shorter(Away, time, 2), _ => sentinels.FailoverAsync()), run));
        return [row with { MostSilence = 5000 }];
    }

    /// <summary>
    /// Kills the primary and restarts it later. It claims to be a primary until the sentinels find it.
    /// </summary>
    public static async Task<IReadOnlyList<Row>> KillAsync(TimeSpan time, bool replicated)
    {
        await using var site = await StartAsync(2, time, replicated);
        var sentinels = TopologyOf(site);
        var run = NewTrial(site, "killed", replicated);
        var row = await run.RunAsync(Named("sentinel-kill", replicated),
            Faults.WhileAddsFlowAsync(() => Faults.RepeatAsync(time, Shorter(Away, time, 4), KillAsync), run));
        return [row with { Promised = replicated, RolledBack = true }];

        async Task KillAsync(int done)
        {
            var primary = await sentinels.CurrentPrimaryAsync();
            var away = Task.Delay(Shorter(Away, time, 2));
            await primary.Redis.KillAsync();
            await sentinels.WaitForFailoverAsync(primary);
            await away;
            await primary.StartAsync();
            await sentinels.WaitForAgreementAsync();
        }
    }

    /// <summary>
    /// Cuts the primary off from the sentinels, the replica and two of three hosts. The third host stays on the
    /// primary's side.
    /// </summary>
    public static async Task<IReadOnlyList<Row>> PartitionAsync(TimeSpan time, bool replicated)
    {
        await using var site = await StartAsync(3, time, replicated);
        var sentinels = TopologyOf(site);
        var run = NewTrial(site, "cut", replicated);
        var row = await run.RunAsync(Named("sentinel-partition", replicated),
            Faults.WhileAddsFlowAsync(() => Faults.RepeatAsync(time, Shorter(Away, time, 4), CutAsync), run));
        return [row with { Promised = replicated, RolledBack = true }];

        async Task CutAsync(int done)
        {
            var primary = await sentinels.CurrentPrimaryAsync();
            sentinels.Partition([primary], [site.Hosts[done % 3].Id]);
            var cut = Task.Delay(Shorter(Cut, time, 2));
            await sentinels.WaitForFailoverAsync(primary);
            await cut;
            sentinels.Heal();
            await sentinels.WaitForAgreementAsync();
        }
    }

    // With their default settings, sentinels take about 15 seconds until all of them know of a failover. A short run
    // has less time.
    private static async Task<Site> StartAsync(int hosts, TimeSpan time, bool replicated = false)
    {
        var options = new SentinelOptions
        {
            Hurried = time < TimeSpan.FromSeconds(30),
            // With two replicas, one is left after the other has become the primary. With only one, every replicated
            // add would be refused until the dead server is back.
            Replicas = replicated ? 2 : 1,
            Settings = ["--repl-diskless-sync-delay", "0"],
        };
        return await Site.StartAsync(hosts, new SentinelServers(await SentinelTopology.LaunchAsync(options)));
    }

    private static SentinelTopology TopologyOf(Site site) => ((SentinelServers)site.Servers).Topology;

    private static ScenarioRun NewTrial(Site site, string queue, bool replicated = false)
    {
        var run = new ScenarioRun(site, queue);
        run.AddProducers(rate: 100, replicated: replicated);
        run.AddEveryConsumer();
        return run;
    }

    private static string Named(string scenario, bool replicated) => replicated ? $"{scenario}, replicated" : scenario;

    // A short run needs shorter pauses, so that it ends in time.
    private static TimeSpan Shorter(TimeSpan usual, TimeSpan time, int part) => usual < time / part ? usual : time / part;
}
