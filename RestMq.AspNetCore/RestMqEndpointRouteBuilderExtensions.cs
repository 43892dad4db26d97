using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RestMq.Access;
using RestMq.Endpoints;
using RestMq.Http;
using RestMq.OpenApi;
using RestMq.Streams;

namespace RestMq;

/// <summary>Maps RestMQ's routes into an ASP.NET Core site.</summary>
public static class RestMqEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps every route of RestMQ under a prefix. Call it several times to map the routes under several prefixes.
    /// </summary>
    /// <param name="endpoints">The site.</param>
    /// <param name="prefix">The prefix of the routes, such as <c>/mq</c>; none by default.</param>
    /// <returns>The group of the routes. Add authorization, rate limits and other conventions to it.</returns>
    /// <exception cref="InvalidOperationException"><c>AddRestMq()</c> has not been called. Thrown also at the start of the
    /// application, when another endpoint of the site maps the same route.</exception>
    public static RouteGroupBuilder MapRestMq(this IEndpointRouteBuilder endpoints, string prefix = "")
    {
        var services = endpoints.ServiceProvider;
        var engine = services.GetService<IQueueEngine>()
            ?? throw new InvalidOperationException(
                "MapRestMq() needs RestMQ's services. "
                + "Call builder.Services.AddRestMq() before the application is built.");
        var options = services.GetRequiredService<IOptions<RestMqOptions>>().Value;

        services.GetRequiredService<StartChecks>().Add(() => RouteConflicts.Check(services.GetRequiredService<EndpointDataSource>()));

        var lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        var handOut = new DeliverySender(engine, services.GetRequiredService<ILogger<DeliverySender>>());
        var access = AccessControl.Of(services);
        var gate = new RequestGate(new HostNames(services));
        OpenHostWarning.Watch(services, lifetime);
        var home = new HomeEndpoints(engine, handOut, access, options);
        var queues = new QueueEndpoints(engine, handOut, options, lifetime);
        var messages = new MessageEndpoints(engine, options);
        var dispatcher = services.GetRequiredService<CommandDispatcher>();
        var commands = new CommandEndpoints(dispatcher, handOut, access, options);
        var live = new LiveEndpoints(engine, dispatcher, handOut, access, options, lifetime);
        var xmlRpc = new XmlRpcEndpoints(engine, handOut, access, options);
        var policy = new PolicyEndpoints(engine, options);
        var control = new ControlEndpoints(engine, options);
        var stats = new StatsEndpoints(engine, options);
        var page = new PageEndpoints(engine, options);

        var origins = services.GetService<IOptions<WebSocketOptions>>()?.Value.AllowedOrigins ?? [];
        // These endpoints handle the WebSocket upgrade themselves, so that a site need not call UseWebSockets().
        RequestDelegate WithWebSockets(RequestDelegate handler)
        {
            var upgraded = endpoints.CreateApplicationBuilder();
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
        var taking = new TakingRoute(IsWithQueueField: false);
        var group = endpoints.MapGroup(prefix);
        SizeLimit.Raise(group, ContentEncodings.EncodedLimit(Math.Max(AddRequests.FormLimit(options), options.MaxBatchBytes)));
        // OpenAPI generators include only endpoints that have a method (MethodInfo) as metadata. With `checksAccess`, the
        // handler itself checks its caller: the queue is in a field, or the role depends on the command.
        IEndpointConventionBuilder Map(string method, string pattern, RestMqRole role, RequestDelegate handler, bool checksAccess = false) =>
            group.MapMethods(pattern, [method], Failures.Report(gate.Guarded(checksAccess ? handler : access.Checked(role, handler))))
                .WithMetadata(new RestMqEndpointMetadata(role), handler.Method).WithDescription(Descriptions.Of(method, pattern), pattern);
        // The same route by another method. It stays out of OpenAPI documents, which describe the route by GET.
        IEndpointConventionBuilder MapAlso(string method, string pattern, RestMqRole role, RequestDelegate handler, bool checksAccess = false) =>
            group.MapMethods(pattern, [method], Failures.Report(gate.Guarded(checksAccess ? handler : access.Checked(role, handler))))
                .WithMetadata(new RestMqEndpointMetadata(role)).WithDescription(Descriptions.Of("GET", pattern).By(method), pattern);
        // HEAD is answered wherever GET is (RFC 9110, section 9.1). The server leaves the body out.
        void MapGet(string pattern, RestMqRole role, RequestDelegate handler, bool checksAccess = false, TakingRoute? takes = null)
        {
            var get = Map("GET", pattern, role, handler, checksAccess);
            if (takes is not null) get.WithMetadata(takes);
            MapAlso("HEAD", pattern, role, handler, checksAccess);
        }
        void MapStream(string pattern, RequestDelegate handler, bool isSocket)
        {
            if (isSocket) handler = WithWebSockets(handler);
            Map("GET", pattern, RestMqRole.Stream, handler, checksAccess: isSocket).WithMetadata(taking).DisableRequestTimeout();
            MapAlso("HEAD", pattern, RestMqRole.Stream, handler, checksAccess: isSocket).DisableRequestTimeout();
            // A WebSocket over HTTP/2 and later is opened by the method CONNECT (RFC 8441).
            if (isSocket) MapAlso("CONNECT", pattern, RestMqRole.Stream, handler, checksAccess: true).WithMetadata(taking).DisableRequestTimeout();
        }

        MapGet("/", RestMqRole.Consume, home.GetAsync, checksAccess: true, takes: new TakingRoute(IsWithQueueField: true));
        Map("POST", "/", RestMqRole.Produce, home.AddAsync, checksAccess: true);

        MapGet("/q", RestMqRole.Admin, queues.ListAsync);
        Map("GET", "/q/{queue}", RestMqRole.Consume, queues.TakeAsync).WithMetadata(taking);
        Map("HEAD", "/q/{queue}", RestMqRole.Consume, queues.HeadAsync);
        Map("POST", "/q/{queue?}", RestMqRole.Produce, queues.AddAsync);
        Map("DELETE", "/q/{queue?}", RestMqRole.Admin, queues.PurgeAsync);

        MapGet("/q/{queue}/{key}", RestMqRole.Consume, messages.PeekAsync);
        Map("DELETE", "/q/{queue}/{key}", RestMqRole.Consume, messages.DeleteAsync);
        Map("POST", "/q/{queue}/{key}", RestMqRole.Consume, messages.SettleAsync);

        MapGet("/queue", RestMqRole.Consume, commands.FormAsync);
        Map("POST", "/queue", RestMqRole.Admin, commands.DispatchAsync, checksAccess: true);
        Map("POST", "/queue/{queue}", RestMqRole.Admin, commands.DispatchAsync, checksAccess: true);

        MapStream("/c/{queue?}", live.StreamAsync, isSocket: true);
        MapStream("/sse/{queue?}", live.EventsAsync, isSocket: false);
        MapStream("/ws/{queue?}", live.SocketAsync, isSocket: true);

        Map("POST", "/xmlrpc", RestMqRole.Admin, xmlRpc.CallAsync, checksAccess: true);

        MapGet("/p/{queue?}", RestMqRole.Admin, policy.GetAsync);
        Map("POST", "/p/{queue?}", RestMqRole.Admin, policy.SetAsync);

        MapGet("/control", RestMqRole.Admin, control.ListAsync);
        MapGet("/control/{queue}", RestMqRole.Admin, control.GetAsync);
        Map("POST", "/control/{queue?}", RestMqRole.Admin, control.SetAsync);

        MapGet("/stats", RestMqRole.Admin, stats.ListAsync);
        MapGet("/stats/{queue}", RestMqRole.Admin, stats.GetAsync);
        MapGet("/j/{queue?}", RestMqRole.Admin, stats.LastAsync);
        Map("POST", "/j/{queue}/{button}", RestMqRole.Admin, page.PressAsync);
        return group;
    }

    // Names the operation by the whole prefix, including the groups around this one. It is known only when the endpoint
    // is built.
    private static IEndpointConventionBuilder WithDescription(this IEndpointConventionBuilder route, RestMqOperation described, string pattern)
    {
        route.Add(endpoint =>
        {
            var whole = ((RouteEndpointBuilder)endpoint).RoutePattern.RawText ?? pattern;
            endpoint.Metadata.Add(described.Under(whole[..^pattern.Length]));
        });
        return route;
    }
}
