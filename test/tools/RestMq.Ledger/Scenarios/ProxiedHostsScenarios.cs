using RestMq.Ledger.Servers;

namespace RestMq.Ledger.Scenarios;

/// <summary>Runs three hosts on a cluster behind nginx, and kills one of them every five seconds.</summary>
internal static class ProxiedHostsScenarios
{
    public static async Task<IReadOnlyList<Row>> RunAsync(TimeSpan time)
    {
        await using var site = await Site.StartAsync(3, new ClusterServers(await ClusterTopology.LaunchAsync()), behindNginx: true);
        var run = new ScenarioRun(site, "proxied");
        run.AddProducers(rate: 100);
        run.AddEveryConsumer();
        var every = TimeSpan.FromSeconds(5);
        var kills = Faults.WhileAddsFlowAsync(() => Faults.RepeatAsync(time, every < time / 3 ? every : time / 3, KillAsync), run);
        return [await run.RunAsync("hosts-behind-nginx", kills)];

        async Task KillAsync(int done)
        {
            var host = site.Hosts[done % site.Hosts.Length];
            await host.KillAsync();
            await host.ComeBackAsync();
        }
    }
}
