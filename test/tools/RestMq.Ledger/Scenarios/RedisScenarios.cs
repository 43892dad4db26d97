namespace RestMq.Ledger.Scenarios;

/// <summary>Kills Redis, which comes back with its append-only file.</summary>
internal static class RedisScenarios
{
    /// <summary>
    /// Sends SIGKILL to Redis every five seconds. Redis keeps all that it acknowledged only with <c>always</c>.
    /// </summary>
    public static async Task<IReadOnlyList<Row>> KillAsync(TimeSpan time, string fsync)
    {
        await using var site = await Site.StartAsync(2, fsync);
        var run = new ScenarioRun(site, "persistent");
        run.AddProducers();
        run.AddConsumers();
        var row = await run.RunAsync($"redis-kill-{fsync}", Faults.RepeatAsync(time, TimeSpan.FromSeconds(5), KillAsync));
        return [row with { Promised = fsync == "always" }];

        async Task KillAsync(int done)
        {
            await site.Redis.KillAsync();
            await Task.Delay(200);
            await site.Redis.ComeBackAsync();
        }
    }
}
