using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace RestMq.Http;

/// <summary>Sends what was written, and says whether it was taken.</summary>
internal static class Sending
{
    /// <summary>Whether the client has gone. The system knows before the server, which hears of it behind all else that a busy machine has to do.</summary>
    public static bool IsGone(HttpContext context) =>
        context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket
            ? (HasEnded(socket) && HasEnded(socket)) || (IsShared(context) && context.RequestAborted.IsCancellationRequested)
            : context.RequestAborted.IsCancellationRequested;

    // Over HTTP/1 a request ends with its connection, and asking for its token makes one.
    private static bool IsShared(HttpContext context) => !HttpProtocol.IsHttp11(context.Request.Protocol);

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

    // Something to read, and that nothing: the end. Asked twice, for the server may have read what came just in between.
    private static bool HasEnded(Socket socket)
    {
        try
        {
            return socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }
}
