namespace RestMq.Ledger.Scenarios;

/// <summary>Daemons die, or hang: three on one Redis.</summary>
internal static class DaemonScenarios
{
    /// <summary>SIGKILL of one every second.</summary>
    public static async Task<IReadOnlyList<Row>> KillAsync(TimeSpan time)
    {
        await using var site = await Site.StartAsync(3);
        var trial = new Trial(site, "killed");
        trial.AddProducers();
        trial.AddTakers();
        return [await trial.RunAsync("daemon-kill", Faults.KillInTurnAsync(site.Daemons, time))];
    }

    /// <summary>SIGSTOP of one for longer than its leases, which are two seconds, then SIGCONT: it goes on as if nothing had been.</summary>
    public static async Task<IReadOnlyList<Row>> StopAsync(TimeSpan time)
    {
        await using var site = await Site.StartAsync(3);
        var trial = new Trial(site, "stopped");
        trial.AddProducers();
        trial.AddTakers();
        return [await trial.RunAsync("daemon-stop", Faults.RepeatAsync(time, TimeSpan.FromSeconds(4), StopOneAsync))];

        async Task StopOneAsync(int done)
        {
            var daemon = site.Daemons[done % 3];
            daemon.Pause();
            await Task.Delay(3000);
            daemon.Resume();
        }
    }
}
