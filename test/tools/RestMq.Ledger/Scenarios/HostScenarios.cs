namespace RestMq.Ledger.Scenarios;

/// <summary>Runs three hosts on one Redis, which are killed or suspended.</summary>
internal static class HostScenarios
{
    // Both pauses are longer than a lease, which is 2 seconds. Clients wait 3 seconds for a reply. One pause is well
    // below that, and the other is well above it. When a plain take's reply comes just as its client gives up, the
    // message is gone, which says nothing about the host.
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(2.4), TimeSpan.FromSeconds(4.5)];

    /// <summary>Sends SIGKILL to one host every second.</summary>
    public static async Task<IReadOnlyList<Row>> KillAsync(TimeSpan time)
    {
        await using var site = await Site.StartAsync(3);
        var run = new ScenarioRun(site, "killed");
        run.AddProducers();
        run.AddConsumers();
        return [await run.RunAsync("host-kill", Faults.KillInTurnAsync(site.Hosts, time))];
    }

    /// <summary>
    /// Sends SIGSTOP to one host for longer than its leases, then SIGCONT. The host goes on as if nothing had happened.
    /// </summary>
    public static async Task<IReadOnlyList<Row>> StopAsync(TimeSpan time)
    {
        await using var site = await Site.StartAsync(3);
        var run = new ScenarioRun(site, "stopped");
        run.AddProducers();
        run.AddConsumers();
        return [await run.RunAsync("host-stop", Faults.RepeatAsync(time, TimeSpan.FromSeconds(5), StopOneAsync))];

        async Task StopOneAsync(int done)
        {
            var host = site.Hosts[done % 3];
            host.Pause();
            await Task.Delay(Pauses[done % 2]);
            host.Resume();
        }
    }
}
