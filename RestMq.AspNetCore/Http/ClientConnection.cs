using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace RestMq.Http;

/// <summary>Flushes replies and tells whether the client is still connected.</summary>
internal static class ClientConnection
{
    /// <summary>
    /// Returns whether the client has disconnected. The socket shows this earlier than
    /// <see cref="HttpContext.RequestAborted"/>: on a busy machine the server's notification waits behind other work.
    /// </summary>
    public static bool IsGone(HttpContext context) =>
        context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket
            ? (HasEnded(socket) && HasEnded(socket)) || (IsShared(context) && context.RequestAborted.IsCancellationRequested)
            : context.RequestAborted.IsCancellationRequested;

    /// <summary>
    /// Returns a check whether the client of a stream is still connected. The check may be called on any thread, until the
    /// request ends.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="isSilent">
    /// Whether the client sends nothing more. Bytes that arrive nevertheless are then the end of its TLS session, which the
    /// server has not read yet.
    /// </param>
    public static Func<bool> CheckOf(HttpContext context, bool isSilent)
    {
        var aborted = context.RequestAborted;
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket) return () => !aborted.IsCancellationRequested;
        if (isSilent && context.Request.IsHttps && !IsShared(context)) return () => !aborted.IsCancellationRequested && !IsReadable(socket);
        return () => !aborted.IsCancellationRequested && !(HasEnded(socket) && HasEnded(socket));
    }

    // HTTP/2 and later share a connection among requests, so one request can end while the socket stays open. Over
    // HTTP/1.1 the socket is sufficient, and reading RequestAborted would allocate a token.
    private static bool IsShared(HttpContext context) => !HttpProtocol.IsHttp11(context.Request.Protocol);

    /// <summary>
    /// Flushes. Returns false when the client has disconnected. A flush that waits for a slow client has the same
    /// result when the client continues to read and when the connection breaks. Only a second flush tells which of the
    /// two happened.
    /// </summary>
    public static async ValueTask<bool> TryFlushAsync(PipeWriter wire, CancellationToken cancellationToken = default)
    {
        var flush = wire.FlushAsync(cancellationToken);
        if (flush.IsCompleted) return !(await flush).IsCompleted;
        return !(await flush).IsCompleted && !(await wire.FlushAsync(cancellationToken)).IsCompleted;
    }

    // A socket that is readable with 0 bytes available was closed by the client. Callers ask twice, because the server
    // may read arriving bytes between Poll and Available.
    private static bool HasEnded(Socket socket) => IsReadable(socket, isEmpty: true);

    private static bool IsReadable(Socket socket, bool isEmpty = false)
    {
        try
        {
            return socket.Poll(0, SelectMode.SelectRead) && (!isEmpty || socket.Available == 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }
}
