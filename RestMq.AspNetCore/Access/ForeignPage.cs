using Microsoft.AspNetCore.Http;
using RestMq.Http;

namespace RestMq.Access;

/// <summary>
/// Detects requests that a browser sends for a page of another site (cross-site request forgery). The browser sends
/// them with its user's rights on this site: from the user's machine, with a stored password or with a cookie.
/// </summary>
internal static class ForeignPage
{
    /// <summary>
    /// Returns whether a page of another site sent the request. Browsers tell it in <c>Sec-Fetch-Site</c>, and those
    /// from before 2023 in <c>Origin</c>. Other clients send neither header.
    /// </summary>
    public static bool Sends(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() switch
    {
        "same-origin" or "none" => false, // none: the user typed the address or opened a bookmark.
        "" => request.Headers.Origin.ToString() is { Length: > 0 } origin && !IsHost(origin, request.Host),
        _ => true, // Also same-site: a page on another port is of another site too.
    };

    /// <summary>
    /// Returns whether a browser opens a page of its own, not a frame, for a link on another site's page, by a route
    /// that only shows something.
    /// </summary>
    public static bool IsLink(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) && context.Request.Headers["Sec-Fetch-Mode"] == "navigate"
        && context.Request.Headers["Sec-Fetch-Dest"] == "document" && !Takes(context);

    /// <summary>
    /// Returns whether another site's page may send the request, because its origin is allowed
    /// (<see cref="AllowedOrigins"/>) or because it is a script that the host allows (<see cref="AllowedJsonp"/>).
    /// </summary>
    public static bool IsAllowed(HttpContext context)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<AllowedOrigins>() is { } allowed && allowed.Has(context.Request.Headers.Origin.ToString())) return true;
        return HttpMethods.IsGet(context.Request.Method) && metadata?.GetMetadata<AllowedJsonp>() is not null
            && context.Request.Headers["Sec-Fetch-Dest"] == "script" && Fields.OfQuery(context).Has("callback");
    }

    // A GET of the front page takes a message when it names a queue.
    private static bool Takes(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<TakingRoute>() is { } route
        && (!route.IsWithQueueField || Fields.OfQuery(context).Has("queue"));

    private static bool IsHost(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var url) && url.Host.Equals(host.Host, StringComparison.OrdinalIgnoreCase)
        && url.Port == (host.Port ?? (url.Scheme == Uri.UriSchemeHttps ? 443 : 80));
}

/// <summary>Marks, as metadata of an endpoint, a GET that takes messages or listens to them.</summary>
/// <param name="IsWithQueueField">Whether it does so only when a field of the query names a queue.</param>
internal sealed record TakingRoute(bool IsWithQueueField);

/// <summary>Tells, as metadata of an endpoint, which origins' pages may send requests to it.</summary>
internal sealed record AllowedOrigins(IReadOnlyList<string> Origins)
{
    public bool Has(string origin) => Origins.Contains("*") || Origins.Contains(origin, StringComparer.OrdinalIgnoreCase);
}

/// <summary>Marks, as metadata of an endpoint, that a reply may be a script that calls a function (JSONP).</summary>
internal sealed record AllowedJsonp;
