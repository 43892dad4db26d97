using System.Diagnostics;

namespace RestMq.Telemetry;

/// <summary>A call that is being measured, from when it is made until it is <see cref="Done"/> or has <see cref="Failed"/>.</summary>
internal readonly struct Measured(QueueMetrics metrics, string operation, QueueName queue)
{
    private readonly long _started = Stopwatch.GetTimestamp();

    public void Done() => metrics.Took(operation, queue, Stopwatch.GetElapsedTime(_started), failure: null);

    /// <summary>Notes a failure. It is never handled here, so this is for an exception filter.</summary>
    public bool Failed(Exception failure)
    {
        metrics.Took(operation, queue, Stopwatch.GetElapsedTime(_started), failure);
        if (failure is RestMqUnavailableException) metrics.StoreAway();
        return false;
    }
}
