using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace RestMq.Http;

/// <summary>Flushes replies and tells whether the client is still connected.</summary>
internal static class ClientConnection
{
    /// <summary>
    /// Returns whether the client has disconnected. The socket tells it before the server does: on a busy machine the
    /// server's notification waits behind other work.
    /// </summary>
    public static bool IsGone(HttpContext context) =>
        context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket
            ? (HasEnded(socket) && HasEnded(socket)) || (IsShared(context) && context.RequestAborted.IsCancellationRequested)
            : context.RequestAborted.IsCancellationRequested;

    // HTTP/2 and later share a connection among requests. Over HTTP/1 the socket alone tells, and reading
    // RequestAborted would allocate a token.
    private static bool IsShared(HttpContext context) => !HttpProtocol.IsHttp11(context.Request.Protocol);

    /// <summary>
    /// Flushes. Returns false when the client has disconnected. A flush that waits for a slow client completes alike
    /// when the client reads on and when the connection breaks. Only the next flush tells the two apart.
    /// </summary>
    public static async ValueTask<bool> TryFlushAsync(PipeWriter wire, CancellationToken cancellationToken = default)
    {
        var flush = wire.FlushAsync(cancellationToken);
        if (flush.IsCompleted) return !(await flush).IsCompleted;
        return !(await flush).IsCompleted && !(await wire.FlushAsync(cancellationToken)).IsCompleted;
    }

    // A socket that is readable with 0 bytes available was closed by the client. Callers ask twice, because the server
    // may read arriving bytes between Poll and Available.
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
