using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RestMq.Access;
using RestMq.Http;
using RestMq.OpenApi;
using RestMq.Streams;

namespace RestMq.Endpoints;

/// <summary>
/// Maps the lines of the route table. Each route checks the request and the role of its caller, reports failures as
/// problems, and has its role and its description as metadata. With <c>checksAccess</c>, the handler itself checks the
/// role: the queue is in a field, or the role depends on the command.
/// </summary>
internal sealed class RouteMapper(RouteGroupBuilder group, AccessControl access)
{
    private static readonly TakingRoute Taking = new(IsWithQueueField: false);

    // The routes that a person opens in a browser. An unknown visitor may be sent to the site's log-in page.
    private static readonly HashSet<string> Pages = ["/", "/q", "/queue", "/j/{queue?}", "/j/{queue}/{button}"];

    private readonly IEndpointRouteBuilder _endpoints = group;
    private readonly RequestGate _gate = new(new HostNames(((IEndpointRouteBuilder)group).ServiceProvider));

    /// <summary>Maps GET, and HEAD wherever GET is (RFC 9110, section 9.1). The server leaves the body out.</summary>
    public void Get(string pattern, RestMqRole role, RequestDelegate handler, bool checksAccess = false, TakingRoute? takes = null)
    {
        var get = Map("GET", pattern, role, handler, checksAccess);
        if (takes is not null) get.WithMetadata(takes);
        MapAlso("HEAD", pattern, role, handler, checksAccess);
    }

    /// <summary>Maps GET of a route that takes messages. HEAD takes none, so it has a handler of its own.</summary>
    public void Take(string pattern, RequestDelegate handler) => Map("GET", pattern, RestMqRole.Consume, handler).WithMetadata(Taking);

    public void Head(string pattern, RestMqRole role, RequestDelegate handler) => Map("HEAD", pattern, role, handler);

    public void Post(string pattern, RestMqRole role, RequestDelegate handler, bool checksAccess = false) => Map("POST", pattern, role, handler, checksAccess);

    public void Delete(string pattern, RestMqRole role, RequestDelegate handler) => Map("DELETE", pattern, role, handler);

    /// <summary>Maps a stream without a WebSocket.</summary>
    public void Stream(string pattern, RequestDelegate handler) => MapStream(pattern, handler, checksAccess: false);

    /// <summary>
    /// Maps a stream that may be a WebSocket. A WebSocket over HTTP/2 and later is opened by the method CONNECT (RFC
    /// 8441).
    /// </summary>
    public void SocketStream(string pattern, RequestDelegate handler)
    {
        handler = WithWebSockets(handler);
        MapStream(pattern, handler, checksAccess: true);
        MapAlso("CONNECT", pattern, RestMqRole.Stream, handler, checksAccess: true).WithMetadata(Taking).DisableRequestTimeout();
    }

    private void MapStream(string pattern, RequestDelegate handler, bool checksAccess)
    {
        Map("GET", pattern, RestMqRole.Stream, handler, checksAccess).WithMetadata(Taking).DisableRequestTimeout();
        MapAlso("HEAD", pattern, RestMqRole.Stream, handler, checksAccess).DisableRequestTimeout();
    }

    // OpenAPI generators include only endpoints that have a method (MethodInfo) as metadata.
    private IEndpointConventionBuilder Map(string method, string pattern, RestMqRole role, RequestDelegate handler, bool checksAccess = false) =>
        Map(method, pattern, role, handler, checksAccess, Descriptions.Of(method, pattern)).WithMetadata(handler.Method);

    // The same route by another method. It stays out of OpenAPI documents, which describe the route by GET.
    private IEndpointConventionBuilder MapAlso(string method, string pattern, RestMqRole role, RequestDelegate handler, bool checksAccess) =>
        Map(method, pattern, role, handler, checksAccess, Descriptions.Of("GET", pattern).By(method));

    private IEndpointConventionBuilder Map(
        string method, string pattern, RestMqRole role, RequestDelegate handler, bool checksAccess, RestMqOperation described)
    {
        var route = group.MapMethods(pattern, [method], Failures.Report(_gate.Guarded(checksAccess ? handler : access.Checked(role, handler)), access));
        // Names the operation by the whole prefix, including the groups around this one. It is known only when the
        // endpoint is built.
        route.Add(endpoint =>
        {
            var whole = ((RouteEndpointBuilder)endpoint).RoutePattern.RawText ?? pattern;
            endpoint.Metadata.Add(described.Under(whole[..^pattern.Length]));
        });
        if (!Pages.Contains(pattern)) route.WithMetadata(new ApiEndpoint());
        return route.WithMetadata(new RestMqEndpointMetadata(role));
    }

    // These endpoints handle the WebSocket upgrade themselves, so that a site need not call UseWebSockets().
    private RequestDelegate WithWebSockets(RequestDelegate handler)
    {
        var origins = _endpoints.ServiceProvider.GetService<IOptions<WebSocketOptions>>()?.Value.AllowedOrigins ?? [];
        var upgraded = _endpoints.CreateApplicationBuilder();
        UpgradedConnection.Use(upgraded);
        // Without the allowed origins: the framework would refuse the pages of this host's own origin.
        upgraded.UseWebSockets(new WebSocketOptions());
        // Checked after UseWebSockets(), so that a policy can tell WebSockets from other streams.
        var role = access.Checked(RestMqRole.Stream, handler);
        upgraded.Run(context =>
        {
            SocketOrigin.Check(context, origins);
            return role(context);
        });
        return upgraded.Build();
    }

    /// <summary>Tells the cookie authentication of a site to answer 401 and 403 instead of a redirect.</summary>
    private sealed class ApiEndpoint : IDisableCookieRedirectMetadata;
}
