using RestMq.Ledger.Clients;
using RestMq.Ledger.Servers;

namespace RestMq.Ledger.Scenarios;

/// <summary>Runs a proxy that resets connections at random: first those of the clients, then those to Redis.</summary>
internal static class ProxyScenarios
{
    public static async Task<IReadOnlyList<Row>> RunAsync(TimeSpan time) => [await ClientsAsync(time), await RedisAsync(time)];

    private static async Task<Row> ClientsAsync(TimeSpan time)
    {
        await using var site = await Site.StartAsync(1);
        await using var proxy = new FlakyProxy(site.Ports[0], most: 20_000);
        var run = new ScenarioRun(site, "proxied");
        run.AddProducers([proxy.Port]);
        // The takes are leased, because a plain take whose reply is cut off is gone.
        for (var i = 0; i < 4; i++) run.AddConsumer(new Consumer(run.Journal.NewPage().Note, "proxied", [proxy.Port], lease: 2));
        var row = await run.RunAsync("proxy, clients", Faults.NoneAsync(time));
        return row with { Faults = proxy.Resets };
    }

    private static async Task<Row> RedisAsync(TimeSpan time)
    {
        await using var site = await Site.StartAsync(2, proxied: 200_000);
        var run = new ScenarioRun(site, "proxied");
        run.AddProducers();
        run.AddConsumers();
        return await run.RunAsync("proxy, Redis", BreakAsync());

        async Task<int> BreakAsync()
        {
            await Task.Delay(time);
            site.Proxy!.CalmDown();
            return site.Proxy.Resets;
        }
    }
}
