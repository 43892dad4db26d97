using System.Net;
using Microsoft.AspNetCore.Http;

namespace RestMq.Access;

/// <summary>
/// Holds what a request had before the headers of a known proxy (<c>X-Forwarded-*</c>) replaced it. It is a feature of
/// the request.
/// </summary>
/// <param name="Address">The address of the connection.</param>
/// <param name="Host">The header <c>Host</c>.</param>
internal sealed record ReceivedRequest(IPAddress? Address, string Host)
{
    /// <summary>Remembers the request as it is now.</summary>
    public static void Remember(HttpContext context) =>
        context.Features.Set(new ReceivedRequest(context.Connection.RemoteIpAddress, context.Request.Headers.Host.ToString()));

    /// <summary>Returns the header <c>Host</c> as the connection received it.</summary>
    public static string HostOf(HttpContext context) =>
        context.Features.Get<ReceivedRequest>()?.Host ?? context.Request.Headers.Host.ToString();

    /// <summary>Returns whether a known proxy has told another address than that of the connection.</summary>
    public static bool IsFromKnownProxy(HttpContext context) =>
        context.Features.Get<ReceivedRequest>() is { } received && !Equals(received.Address, context.Connection.RemoteIpAddress);
}
