using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace RestMq;

/// <summary>
/// Finds endpoints of a site that match the same requests as endpoints of <c>MapRestMq()</c>. Routing would answer such
/// a request with an <c>AmbiguousMatchException</c>, but only when the first one comes.
/// </summary>
internal static class RouteConflicts
{
    /// <summary>Checks all endpoints of the site.</summary>
    /// <exception cref="InvalidOperationException">An endpoint of RestMQ and another one match the same requests.
    /// </exception>
    public static void Check(EndpointDataSource site)
    {
        var conflicts = site.Endpoints.OfType<RouteEndpoint>()
            .Where(static endpoint => !(endpoint.Metadata.GetMetadata<IHostMetadata>()?.Hosts.Count > 0))
            .SelectMany(static endpoint => Methods(endpoint).Select(method => (Method: method, Path: Shape(endpoint.RoutePattern), Endpoint: endpoint)))
            .GroupBy(static route => (route.Method, route.Path, route.Endpoint.Order, route.Endpoint.RoutePattern.InboundPrecedence))
            .Where(static routes => routes.Count() > 1 && routes.Any(IsOurs))
            .Select(static routes => $"{routes.Key.Method} {Text(routes.First(IsOurs).Endpoint)}")
            .Order(StringComparer.Ordinal).ToList();
        if (conflicts.Count == 0) return;
        throw new InvalidOperationException(
            $"MapRestMq() and another endpoint of the site map the same route: {string.Join(", ", conflicts)}. "
            + "Call MapRestMq(\"/mq\") to give the routes of RestMQ a prefix, or remove the other endpoint.");
    }

    private static bool IsOurs((string, string, RouteEndpoint Endpoint) route) =>
        route.Endpoint.Metadata.GetMetadata<RestMqEndpointMetadata>() is not null;

    // An endpoint without methods takes any, but routing prefers an endpoint that names the method of the request.
    private static IReadOnlyList<string> Methods(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [];

    // Two patterns that differ only in the names of their parameters match the same paths.
    private static string Shape(RoutePattern pattern) =>
        string.Join('/', pattern.PathSegments.Select(static segment => string.Concat(segment.Parts.Select(Shape)))).ToUpperInvariant();

    private static string Shape(RoutePatternPart part) => part switch
    {
        RoutePatternLiteralPart literal => literal.Content,
        RoutePatternSeparatorPart separator => separator.Content,
        RoutePatternParameterPart parameter => $"{{{(parameter.IsCatchAll ? "*" : "")}{string.Join(':', parameter.ParameterPolicies.Select(static p => p.Content))}}}",
        _ => throw new InvalidOperationException($"A route has a part of an unknown kind: {part.GetType()}."),
    };

    private static string Text(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText?.TrimStart('/');
}
