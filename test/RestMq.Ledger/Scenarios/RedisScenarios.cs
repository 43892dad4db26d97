namespace RestMq.Ledger.Scenarios;

/// <summary>Redis dies, and comes back with its append-only file.</summary>
internal static class RedisScenarios
{
    /// <summary>SIGKILL every five seconds. Only with <c>always</c> does Redis keep all that it has acknowledged.</summary>
    public static async Task<IReadOnlyList<Row>> KillAsync(TimeSpan time, string fsync)
    {
        await using var site = await Site.StartAsync(2, fsync);
        var trial = new Trial(site, "persistent");
        trial.AddProducers();
        trial.AddTakers();
        var row = await trial.RunAsync($"redis-kill-{fsync}", Faults.RepeatAsync(time, TimeSpan.FromSeconds(5), KillAsync));
        return [row with { Promised = fsync == "always" }];

        async Task KillAsync(int done)
        {
            await site.Redis.KillAsync();
            await Task.Delay(200);
            await site.Redis.ComeBackAsync();
        }
    }
}
