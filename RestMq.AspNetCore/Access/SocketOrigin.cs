using Microsoft.AspNetCore.Http;
using RestMq.Http;

namespace RestMq.Access;

/// <summary>
/// Refuses WebSockets of pages whose origin the site does not allow (<c>WebSocketOptions.AllowedOrigins</c>). Browsers
/// let any page open a WebSocket, so the site must refuse it. Pages of the host's own origin are always allowed.
/// </summary>
internal static class SocketOrigin
{
    /// <summary>Throws when a page of another origin opens a WebSocket and the site does not allow the origin.</summary>
    /// <exception cref="Problem">The origin is not allowed.</exception>
    public static void Check(HttpContext context, IList<string> allowed)
    {
        if (allowed.Count == 0 || !context.WebSockets.IsWebSocketRequest) return;
        var origin = context.Request.Headers.Origin.ToString();
        if (origin.Length == 0 || IsOwn(context, origin)) return;
        if (allowed.Any(one => one == "*" || one.Equals(origin, StringComparison.OrdinalIgnoreCase))) return;
        throw Problem.Forbidden(
            "The page that opens a WebSocket must be of this host's own origin or of one that the site allows, but its "
            + $"origin was '{Wire.WireNames.Shorten(origin)}'.");
    }

    // By the Host header. Another site can make its name resolve to the caller's own machine (DNS rebinding). Its page
    // then has the origin that the request names as the host. So a name is not believed where only a local name is
    // plausible: for a caller on this machine that comes through no proxy.
    private static bool IsOwn(HttpContext context, string origin) =>
        ForeignPage.IsOwn(context.Request, origin) && !LocalCaller.IsByForeignName(context);
}
