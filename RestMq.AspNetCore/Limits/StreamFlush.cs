using Microsoft.AspNetCore.Http;
using RestMq.Http;

namespace RestMq.Limits;

/// <summary>Flushes a stream, and cuts a client that does not read.</summary>
internal static class StreamFlush
{
    /// <summary>
    /// Flushes. Returns false when the client has disconnected, or has not read for
    /// <see cref="HostLimits.StreamWriteTimeout"/>. Its connection is then aborted, and it resumes when it comes back.
    /// </summary>
    public static async ValueTask<bool> TryFlushAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var flush = ClientConnection.TryFlushAsync(context.Response.BodyWriter, cancellationToken);
        if (flush.IsCompleted || HostLimits.Of(context) is not { } limits) return await flush;
        var task = flush.AsTask();
        try
        {
            return await task.WaitAsync(limits.StreamWriteTimeout, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            limits.Reached("stream_write_time");
            context.Abort();
            await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return false;
        }
    }
}
