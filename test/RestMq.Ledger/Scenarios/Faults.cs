using System.Diagnostics;
using RestMq.Ledger.Servers;

namespace RestMq.Ledger.Scenarios;

/// <summary>Breaks things at intervals, and mends them.</summary>
internal static class Faults
{
    /// <summary>Does it now and then until the time is over, and once at the least; says how often it did.</summary>
    /// <param name="time">For how long.</param>
    /// <param name="every">How often; the first time after half of it.</param>
    /// <param name="fault">Is told which time it is, counted from 0.</param>
    public static async Task<int> RepeatAsync(TimeSpan time, TimeSpan every, Func<int, Task> fault)
    {
        var clock = Stopwatch.StartNew();
        var done = 0;
        await Task.Delay(every / 2);
        // Not asked before the first: a busy machine may have slept through all of a short time.
        do
        {
            var next = clock.Elapsed + every;
            await fault(done++);
            if (next > clock.Elapsed) await Task.Delay(next - clock.Elapsed);
        }
        while (clock.Elapsed < time);
        return done;
    }

    /// <summary>
    /// Begins when adds are acknowledged in every trial, and ends when they are again: what breaks before anybody
    /// works, or for good, tells nothing.
    /// </summary>
    public static async Task<int> WhileAddsFlowAsync(Func<Task<int>> faults, params Trial[] trials)
    {
        await Task.WhenAll(trials.Select(trial => trial.AddsFlowAsync()));
        var done = await faults();
        await Task.WhenAll(trials.Select(trial => trial.AddsFlowAsync()));
        return done;
    }

    /// <summary>Lets the time pass: what breaks does so by itself.</summary>
    public static async Task<int> NoneAsync(TimeSpan time)
    {
        await Task.Delay(time);
        return 0;
    }

    /// <summary>Kills one daemon every second, in turn, and starts each again at once; in the end all are up.</summary>
    public static async Task<int> KillInTurnAsync(Daemon[] daemons, TimeSpan time)
    {
        var back = new Task[daemons.Length];
        Array.Fill(back, Task.CompletedTask);
        var kills = await RepeatAsync(time, TimeSpan.FromSeconds(1), async done =>
        {
            var i = done % daemons.Length;
            await back[i];
            await daemons[i].KillAsync();
            back[i] = daemons[i].ComeBackAsync();
        });
        await Task.WhenAll(back);
        return kills;
    }
}
