using RestMq.Ledger.Clients;

namespace RestMq.Ledger.Scenarios;

/// <summary>
/// Runs live streams while one host is killed every second. One queue has acknowledged streams, and the other is a
/// broadcast whose consumers reconnect and resume.
/// </summary>
internal static class StreamScenarios
{
    private static readonly Transport[] Transports = Enum.GetValues<Transport>();

    public static async Task<IReadOnlyList<Row>> RunAsync(TimeSpan time)
    {
        await using var site = await Site.StartAsync(3);
        var held = new ScenarioRun(site, "held");
        held.AddProducers();
        var all = new ScenarioRun(site, "all");
        all.AddProducers();
        // A consumer can resume only within the history. Consumers that are away for seconds need a long one.
        await all.SetAsync("history=100000");
        for (var i = 0; i < 6; i++)
        {
            held.AddConsumer(new Listener(held.Journal.NewPage().Note, "held", Transports[i % 3], site.Ports, lease: 3).RunAsync);
            if (i < 3) all.AddConsumer(new Listener(all.Journal.NewPage().Note, "all", Transports[i], site.Ports).RunAsync);
        }
        var kills = Faults.KillInTurnAsync(site.Hosts, time);
        var rows = await Task.WhenAll(held.RunAsync("streams, acknowledged", kills), all.RunAsync("streams, broadcast", kills, everyone: true));
        return [rows[0], rows[1] with { Once = true }];
    }
}
