using System.Diagnostics;

namespace RestMq.TestUtilities.Hosts;

/// <summary>Waits for conditions with a deadline, and measures times.</summary>
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

    /// <summary>
    /// Returns the median of several measured times. The median is what a user sees: it ignores moments in which the
    /// machine is busy.
    /// </summary>
    public static async Task<TimeSpan> MedianAsync(int times, Func<int, Task<TimeSpan>> measure)
    {
        var measured = new TimeSpan[times];
        for (var i = 0; i < times; i++) measured[i] = await measure(i);
        Array.Sort(measured);
        return measured[times / 2];
    }
}
