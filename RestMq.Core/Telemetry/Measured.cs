using System.Diagnostics;

namespace RestMq.Telemetry;

/// <summary>
/// Measures a call, from its construction until <see cref="Done"/> or <see cref="Failed"/>.
/// </summary>
/// <param name="metrics">The metrics that record the call.</param>
/// <param name="operation">The operation, such as <c>send</c>.</param>
/// <param name="queue">The queue.</param>
/// <param name="span">The span of the call, which ends with the call. Null for none.</param>
internal readonly struct Measured(QueueMetrics metrics, string operation, QueueName queue, Activity? span = null)
{
    private readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>Gets how long the call has taken so far.</summary>
    public TimeSpan Time => Stopwatch.GetElapsedTime(_started);

    public void Done()
    {
        metrics.Took(operation, queue, Time, failure: null);
        span?.Dispose();
    }

    /// <summary>Records a failure. Returns false, so that an exception filter does not catch the exception.</summary>
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
