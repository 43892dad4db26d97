using System.Net;
using RestMq.Access;

namespace RestMq.Server.Access;

/// <summary>
/// Tells the address of a caller. Behind a proxy it is known only when <c>Site:KnownProxies</c> names the proxy.
/// </summary>
internal static class CallerAddress
{
    /// <summary>
    /// Returns the caller's address. Returns null when a proxy that is not known has forwarded the request, because the
    /// address is then the proxy's, and for a connection without an address, such as a Unix socket.
    /// </summary>
    public static IPAddress? Of(HttpContext context) =>
        ReceivedRequest.IsFromKnownProxy(context) || !ProxyMarks.HasHeader(context.Request) ? context.Connection.RemoteIpAddress : null;
}
