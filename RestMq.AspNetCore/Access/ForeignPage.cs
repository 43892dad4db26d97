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
    public static bool Sends(Microsoft.AspNetCore.Http.HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() switch
    {
        "same-origin" or "none" => false, // none: the user typed the address or opened a bookmark.
        "" => request.Headers.Origin.ToString() is { Length: > 0 } origin && !IsHost(origin, request.Host),
        _ => true, // Also same-site: a page on another port is of another site too.
    };

    /// <summary>
    /// Returns whether an origin is that of the request itself, by its scheme, host and port. The scheme of a secure
    /// page is accepted too: a proxy may end TLS without saying so.
    /// </summary>
    public static bool IsOwn(Microsoft.AspNetCore.Http.HttpRequest request, string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
        && (url.Scheme == request.Scheme || url.Scheme == Uri.UriSchemeHttps)
        && IsHost(origin, request.Host);

    private static bool IsHost(string origin, Microsoft.AspNetCore.Http.HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var url) && url.Host.Equals(host.Host, StringComparison.OrdinalIgnoreCase)
        && url.Port == (host.Port ?? (url.Scheme == Uri.UriSchemeHttps ? 443 : 80));
}
