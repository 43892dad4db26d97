using System.Diagnostics;

namespace RestMq.Bench.LiveLoad;

/// <summary>Counts the messages of all subscribers. Only the thread that reads their sockets writes to it.</summary>
internal sealed class Received(int subscribers)
{
    // One counter for each microsecond. The last counter holds all longer latencies.
    private readonly int[] _latencies = new int[2_000_000];
    private long _count;

    public long Count => Volatile.Read(ref _count);

    /// <summary>Gets how many messages a subscriber received on average.</summary>
    public long Each => Count / subscribers;

    public void Add(long sent)
    {
        _count++;
        var microseconds = (Stopwatch.GetTimestamp() - sent) / (Stopwatch.Frequency / 1_000_000);
        _latencies[Math.Clamp(microseconds, 0, _latencies.Length - 1)]++;
    }

    public int Percentile(double part)
    {
        var left = (long)(_count * part);
        var at = 0;
        while (at < _latencies.Length - 1 && (left -= _latencies[at]) >= 0) at++;
        return at;
    }
}
