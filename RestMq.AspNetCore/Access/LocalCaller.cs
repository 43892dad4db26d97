using System.Net;

namespace RestMq.Access;

/// <summary>Who calls from this very machine, and for himself. This file is compiled into the sample host too.</summary>
internal static class LocalCaller
{
    private static readonly string[] MarksOfProxies = ["X-Forwarded-For", "X-Forwarded-Host", "X-Original-For", "X-Real-IP", "Forwarded", "Via"];

    /// <summary>
    /// Whether a request comes from this machine. One that a proxy on it passes on does not, nor one that a browser here sends for a page from
    /// elsewhere; a host name with dots in it may be such a page's, made to lead here.
    /// </summary>
    public static bool Is(Microsoft.AspNetCore.Http.HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && !MarksOfProxies.Any(context.Request.Headers.ContainsKey)
        && !ForeignPage.Sends(context.Request)
        && IsLocalName(context.Request.Host.Host);

    private static bool IsLocalName(string host) =>
        !host.Contains('.') || IPAddress.TryParse(host, out _) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
}
