using Microsoft.AspNetCore.Http;
using RestMq.Http;

namespace RestMq.Access;

/// <summary>
/// Refuses WebSockets of pages whose origin the site does not list (<c>WebSocketOptions.AllowedOrigins</c>), in place of
/// the framework, which would refuse the pages of the host's own origin too. <see cref="RequestGate"/> has checked the
/// host's name, so another site's name does not count as the host's own (DNS rebinding).
/// </summary>
internal static class SocketOrigin
{
    /// <summary>Throws when a page of another origin opens a WebSocket and the site does not allow the origin.</summary>
    /// <exception cref="Problem">The origin is not allowed.</exception>
    public static void Check(HttpContext context, IList<string> allowed)
    {
        if (allowed.Count == 0 || !context.WebSockets.IsWebSocketRequest) return;
        var origin = context.Request.Headers.Origin.ToString();
        if (origin.Length == 0 || !ForeignPage.Sends(context.Request)) return;
        if (allowed.Any(one => one == "*" || one.Equals(origin, StringComparison.OrdinalIgnoreCase))) return;
        throw Problem.Forbidden(
            "The page that opens a WebSocket must be of this host's own origin or of one that the site allows, but its "
            + $"origin was '{Wire.WireNames.Shorten(origin)}'.");
    }
}
