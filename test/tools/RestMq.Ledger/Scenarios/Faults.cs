using System.Diagnostics;
using RestMq.Ledger.Servers;

namespace RestMq.Ledger.Scenarios;

/// <summary>Causes faults at intervals, and repairs them.</summary>
internal static class Faults
{
    /// <summary>
    /// Repeats a fault until the time is over, and causes it at least once. Returns the number of faults.
    /// </summary>
    /// <param name="time">How long to repeat the fault.</param>
    /// <param name="every">The interval. The first fault comes after half of it.</param>
    /// <param name="fault">Causes the fault. It receives the number of the fault, counted from 0.</param>
    public static async Task<int> RepeatAsync(TimeSpan time, TimeSpan every, Func<int, Task> fault)
    {
        var clock = Stopwatch.StartNew();
        var done = 0;
        await Task.Delay(every / 2);
        // The time is not checked before the first fault. On a busy machine the first delay may take all of a short
        // run.
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
    /// Starts the faults when adds are acknowledged in every run, and ends when they are acknowledged again. A fault
    /// before the first add proves nothing, and neither does a permanent fault.
    /// </summary>
    public static async Task<int> WhileAddsFlowAsync(Func<Task<int>> faults, params ScenarioRun[] trials)
    {
        await Task.WhenAll(trials.Select(run => run.AddsFlowAsync()));
        var done = await faults();
        await Task.WhenAll(trials.Select(run => run.AddsFlowAsync()));
        return done;
    }

    /// <summary>Waits for the given time, for scenarios whose faults happen by themselves.</summary>
    public static async Task<int> NoneAsync(TimeSpan time)
    {
        await Task.Delay(time);
        return 0;
    }

    /// <summary>Kills one host every second, in turn, and restarts it at once. All hosts are up at the end.</summary>
    public static async Task<int> KillInTurnAsync(HostProcess[] hosts, TimeSpan time)
    {
        var back = new Task[hosts.Length];
        Array.Fill(back, Task.CompletedTask);
        var kills = await RepeatAsync(time, TimeSpan.FromSeconds(1), async done =>
        {
            var i = done % hosts.Length;
            await back[i];
            await hosts[i].KillAsync();
            back[i] = hosts[i].ComeBackAsync();
        });
        await Task.WhenAll(back);
        return kills;
    }
}
