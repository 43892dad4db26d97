namespace RestMq.Access;

/// <summary>
/// A page of another site, for which a browser sends requests with all that its user has here: a place on this machine, a password or a cookie.
/// This file is compiled into the sample host too.
/// </summary>
internal static class ForeignPage
{
    /// <summary>Whether such a page is behind a request. Browsers tell it, by the one header or, those of before 2023, by the other; other clients have neither.</summary>
    public static bool Sends(Microsoft.AspNetCore.Http.HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() switch
    {
        "same-origin" or "none" => false, // None: by the address bar.
        "" => request.Headers.Origin.ToString() is { Length: > 0 } origin && !IsHost(origin, request.Host),
        _ => true, // Another port of this machine is another site's page too.
    };

    private static bool IsHost(string origin, Microsoft.AspNetCore.Http.HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var url) && url.Host.Equals(host.Host, StringComparison.OrdinalIgnoreCase)
        && url.Port == (host.Port ?? (url.Scheme == Uri.UriSchemeHttps ? 443 : 80));
}
