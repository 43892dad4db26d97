using System.Diagnostics;

namespace RestMq.Telemetry;

/// <summary>
/// A call that is being measured, from when it is made until it is <see cref="Done"/> or has <see cref="Failed"/>.
/// </summary>
/// <param name="metrics">Where its numbers go.</param>
/// <param name="operation">What is done.</param>
/// <param name="queue">With which queue.</param>
/// <param name="span">Its span, which ends with it.</param>
internal readonly struct Measured(QueueMetrics metrics, string operation, QueueName queue, Activity? span = null)
{
    private readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>How long it has taken so far.</summary>
    public TimeSpan Time => Stopwatch.GetElapsedTime(_started);

    public void Done()
    {
        metrics.Took(operation, queue, Time, failure: null);
        span?.Dispose();
    }

    /// <summary>Notes a failure. It is never handled here, so this is for an exception filter.</summary>
    public bool Failed(Exception failure)
    {
        metrics.Took(operation, queue, Time, failure);
        if (failure is RestMqUnavailableException and not RestMqNotReplicatedException) metrics.StoreAway();
        span?.SetTag("error.type", QueueMetrics.ErrorOf(failure));
        span?.SetStatus(ActivityStatusCode.Error, failure.Message);
        span?.Dispose();
        return false;
    }
}
