using System.Net;
using Microsoft.AspNetCore.Http;

namespace RestMq.Access;

/// <summary>
/// Detects callers on this machine. This is the only rule for them: for administration without a policy, and for
/// loopback addresses in the networks of a host.
/// </summary>
internal static class LocalCaller
{
    /// <summary>
    /// Returns whether a caller on this machine acts for itself. A browser that sends the request for another site's
    /// page does not.
    /// </summary>
    public static bool Is(HttpContext context) => IsOnThisMachine(context) && !ForeignPage.Sends(context.Request);

    /// <summary>
    /// Returns whether a request comes from a loopback address, no proxy has forwarded it, and it names this machine as
    /// its host.
    /// </summary>
    public static bool IsOnThisMachine(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && !ProxyMarks.Has(context.Request)
        && LocalName.Is(context.Request.Host.Host);
}
