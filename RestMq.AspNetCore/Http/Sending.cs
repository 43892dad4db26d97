using System.IO.Pipelines;

namespace RestMq.Http;

/// <summary>Sends what was written, and says whether it was taken.</summary>
internal static class Sending
{
    /// <summary>
    /// Flushes; false when the other end has gone. A flush that had to wait, because the client reads slowly, ends in the same way when the
    /// client reads on and when its connection breaks: only the next one tells which it was.
    /// </summary>
    public static async ValueTask<bool> TryFlushAsync(PipeWriter wire, CancellationToken cancellationToken = default)
    {
        var flush = wire.FlushAsync(cancellationToken);
        if (flush.IsCompleted) return !(await flush).IsCompleted;
        return !(await flush).IsCompleted && !(await wire.FlushAsync(cancellationToken)).IsCompleted;
    }
}
