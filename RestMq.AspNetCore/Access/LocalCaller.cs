using System.Net;

namespace RestMq.Access;

/// <summary>Detects callers on this machine that act for themselves.</summary>
internal static class LocalCaller
{
    private static readonly string[] MarksOfProxies = ["X-Forwarded-For", "X-Forwarded-Host", "X-Original-For", "X-Real-IP", "Forwarded", "Via"];

    /// <summary>
    /// Returns whether a request comes from this machine. A request that a local proxy forwards does not. Nor does a
    /// request that a local browser sends for another site's page. A host name with dots does not count either: another
    /// site can make its name resolve to this machine (DNS rebinding).
    /// </summary>
    public static bool Is(Microsoft.AspNetCore.Http.HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && !MarksOfProxies.Any(context.Request.Headers.ContainsKey)
        && !ForeignPage.Sends(context.Request)
        && IsLocalName(context.Request.Host.Host);

    /// <summary>
    /// Returns whether a request comes directly from this machine, but under a name that another site can have made
    /// resolve to this machine (DNS rebinding).
    /// </summary>
    public static bool IsByForeignName(Microsoft.AspNetCore.Http.HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && !MarksOfProxies.Any(context.Request.Headers.ContainsKey)
        && !IsLocalName(context.Request.Host.Host);

    private static bool IsLocalName(string host) =>
        !host.Contains('.') || IPAddress.TryParse(host, out _) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
}
