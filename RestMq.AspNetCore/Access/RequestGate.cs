using Microsoft.AspNetCore.Http;
using RestMq.Http;

namespace RestMq.Access;

/// <summary>
/// Refuses requests before any role is checked: those for a host name that is not this host's, and those that a browser
/// sends for another site's page. Clients other than browsers pass.
/// </summary>
internal sealed class RequestGate(HostNames names)
{
    /// <summary>Wraps a handler so that it runs only for requests that pass.</summary>
    public RequestDelegate Guarded(RequestDelegate handler) => context =>
    {
        Check(context);
        return handler(context);
    };

    /// <summary>Throws when the request may not pass.</summary>
    /// <exception cref="Problem">The request is for another host, or is sent for another site's page.</exception>
    public void Check(HttpContext context)
    {
        names.Check(context);
        if (!ForeignPage.Sends(context.Request) || ForeignPage.IsLink(context) || ForeignPage.IsAllowed(context)) return;
        var origin = context.Request.Headers.Origin.ToString();
        throw Problem.Forbidden(
            "A browser must send this request for a page of this host, but sent it for "
            + (origin.Length > 0 ? $"a page of '{Wire.WireNames.Shorten(origin)}'" : "a page of another site")
            + ". To let that site's pages call, add its origin to the setting Site:Origins, or in code call "
            + "MapRestMq().AllowOrigins(…).");
    }
}
