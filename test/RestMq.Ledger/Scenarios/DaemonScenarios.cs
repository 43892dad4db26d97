namespace RestMq.Ledger.Scenarios;

/// <summary>Daemons die, or hang: three on one Redis.</summary>
internal static class DaemonScenarios
{
    // Both longer than a lease, which is two seconds. Clients have a patience of three: the one is well within it, the other well beyond it, for
    // a plain take whose answer comes just as its client gives up is gone, and says nothing of the daemon.
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(2.4), TimeSpan.FromSeconds(4.5)];

    /// <summary>SIGKILL of one every second.</summary>
    public static async Task<IReadOnlyList<Row>> KillAsync(TimeSpan time)
    {
        await using var site = await Site.StartAsync(3);
        var trial = new Trial(site, "killed");
        trial.AddProducers();
        trial.AddTakers();
        return [await trial.RunAsync("daemon-kill", Faults.KillInTurnAsync(site.Daemons, time))];
    }

    /// <summary>SIGSTOP of one for longer than its leases, then SIGCONT: it goes on as if nothing had been.</summary>
    public static async Task<IReadOnlyList<Row>> StopAsync(TimeSpan time)
    {
        await using var site = await Site.StartAsync(3);
        var trial = new Trial(site, "stopped");
        trial.AddProducers();
        trial.AddTakers();
        return [await trial.RunAsync("daemon-stop", Faults.RepeatAsync(time, TimeSpan.FromSeconds(5), StopOneAsync))];

        async Task StopOneAsync(int done)
        {
            var daemon = site.Daemons[done % 3];
            daemon.Pause();
            await Task.Delay(Pauses[done % 2]);
            daemon.Resume();
        }
    }
}
