using System.Diagnostics;

namespace RestMq.TestServers.Hosts;

/// <summary>Waiting for what must become true, with a deadline; and the time that things take.</summary>
public static class Eventually
{
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, int seconds = 10)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed.TotalSeconds > seconds) throw new TimeoutException($"Not within {seconds} s: {what}.");
            await Task.Delay(20);
        }
    }

    /// <summary>The middle one of several measured times: what a user sees, whatever else the machine does at times.</summary>
    public static async Task<TimeSpan> MedianAsync(int times, Func<int, Task<TimeSpan>> measure)
    {
        var measured = new TimeSpan[times];
        for (var i = 0; i < times; i++) measured[i] = await measure(i);
        Array.Sort(measured);
        return measured[times / 2];
    }
}
