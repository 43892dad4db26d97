using Microsoft.AspNetCore.Http;

namespace RestMq.Access;

/// <summary>
/// Detects requests that a proxy or a content delivery network has forwarded. The address of such a request is the
/// proxy's, so it tells nothing about the caller. docs/how-to/secure-a-host.md lists the marks.
/// </summary>
internal static class ProxyMarks
{
    /// <summary>Gets the parts of header names that proxies use, in lower case.</summary>
    public static IReadOnlyList<string> Parts { get; } =
    [
        "forward", "proxy", "original-", "real-ip", "real-port", "client-ip", "clientip", "connecting-ip", "remote-ip", "remote-addr",
        "src-ip", "source-ip", "user-ip", "peer-ip",
    ];

    /// <summary>Gets the beginnings of header names that proxies and content delivery networks use, in lower case.</summary>
    public static IReadOnlyList<string> Beginnings { get; } =
    [
        "cf-", "x-envoy-", "fastly-", "akamai-", "x-akamai-", "x-amzn-", "x-amz-cf-", "cloudfront-", "x-azure-", "x-fd-", "x-arr-",
        "x-appengine-", "x-cloud-trace-", "fly-", "x-vercel-", "x-nf-", "ngrok-", "tailscale-", "incap-", "x-sucuri-", "x-varnish",
        "x-haproxy-", "x-nginx-", "x-traefik-", "x-kong-", "x-istio-",
    ];

    /// <summary>Gets whole header names that proxies and content delivery networks use, in lower case.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["via", "cdn-loop", "front-end-https", "x-scheme", "x-ssl-client-cert", "x-client-cert", "x-request-start"];

    /// <summary>
    /// Returns whether a header of the request is a mark of a proxy, or the request has HTTP/1.0. nginx speaks
    /// HTTP/1.0 to its hosts when a plain <c>proxy_pass</c> adds no header.
    /// </summary>
    public static bool Has(HttpRequest request) => HttpProtocol.IsHttp10(request.Protocol) || HasHeader(request);

    /// <summary>Returns whether a header of the request is a mark of a proxy.</summary>
    public static bool HasHeader(HttpRequest request)
    {
        foreach (var (name, _) in request.Headers)
        {
            if (Is(name)) return true;
        }
        return false;
    }

    private static bool Is(string header)
    {
        foreach (var part in Parts)
        {
            if (header.Contains(part, StringComparison.OrdinalIgnoreCase)) return true;
        }
        foreach (var beginning in Beginnings)
        {
            if (header.StartsWith(beginning, StringComparison.OrdinalIgnoreCase)) return true;
        }
        return Names.Contains(header, StringComparer.OrdinalIgnoreCase);
    }
}
