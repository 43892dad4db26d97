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
    /// <exception cref="InvalidOperationException"><c>AddRestMq()</c> has not been called.</exception>
    public static RouteGroupBuilder MapRestMq(this IEndpointRouteBuilder endpoints, string prefix = "")
    {
        var services = endpoints.ServiceProvider;
        var engine = services.GetService<IQueueEngine>()
            ?? throw new InvalidOperationException(
                "MapRestMq() needs RestMQ's services. "
                + "Call builder.Services.AddRestMq() before the application is built.");
        var options = services.GetRequiredService<IOptions<RestMqOptions>>().Value;

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

        // These endpoints handle the WebSocket upgrade themselves, so that a site need not call UseWebSockets().
        RequestDelegate WithWebSockets(RequestDelegate handler)
        {
            var upgraded = endpoints.CreateApplicationBuilder();
            upgraded.UseWebSockets();
            // Checked after UseWebSockets(), so that a policy can tell WebSockets from other streams.
            upgraded.Run(access.Checked(RestMqRole.Stream, handler));
            return upgraded.Build();
        }
        var taking = new TakingRoute(IsWithQueueField: false);
        var group = endpoints.MapGroup(prefix);
        SizeLimit.Raise(group, Math.Max(AddRequests.FormLimit(options), options.MaxBatchBytes));
        // OpenAPI generators include only endpoints that have a method (MethodInfo) as metadata. With `checksAccess`, the
        // handler itself checks its caller: the queue is in a field, or the role depends on the command.
        IEndpointConventionBuilder Map(string method, string pattern, RestMqRole role, RequestDelegate handler, bool checksAccess = false) =>
            group.MapMethods(pattern, [method], Failures.Report(gate.Guarded(checksAccess ? handler : access.Checked(role, handler)), access))
                .WithMetadata(new RestMqEndpointMetadata(role), handler.Method).WithDescription(Descriptions.Of(method, pattern), pattern);

        Map("GET", "/", RestMqRole.Consume, home.GetAsync, checksAccess: true).WithMetadata(new TakingRoute(IsWithQueueField: true));
        Map("POST", "/", RestMqRole.Produce, home.AddAsync, checksAccess: true);

        Map("GET", "/q", RestMqRole.Admin, queues.ListAsync);
        Map("GET", "/q/{queue}", RestMqRole.Consume, queues.TakeAsync).WithMetadata(taking);
        Map("HEAD", "/q/{queue}", RestMqRole.Consume, queues.HeadAsync);
        Map("POST", "/q/{queue?}", RestMqRole.Produce, queues.AddAsync);
        Map("DELETE", "/q/{queue?}", RestMqRole.Admin, queues.PurgeAsync);

        Map("GET", "/q/{queue}/{key}", RestMqRole.Consume, messages.PeekAsync);
        Map("DELETE", "/q/{queue}/{key}", RestMqRole.Consume, messages.DeleteAsync);
        Map("POST", "/q/{queue}/{key}", RestMqRole.Consume, messages.SettleAsync);

        Map("GET", "/queue", RestMqRole.Consume, commands.FormAsync);
        Map("POST", "/queue", RestMqRole.Admin, commands.DispatchAsync, checksAccess: true);
        Map("POST", "/queue/{queue}", RestMqRole.Admin, commands.DispatchAsync, checksAccess: true);

        Map("GET", "/c/{queue?}", RestMqRole.Stream, WithWebSockets(live.StreamAsync), checksAccess: true).WithMetadata(taking).DisableRequestTimeout();
        Map("GET", "/ws/{queue?}", RestMqRole.Stream, WithWebSockets(live.SocketAsync), checksAccess: true).WithMetadata(taking).DisableRequestTimeout();

        Map("POST", "/xmlrpc", RestMqRole.Admin, xmlRpc.CallAsync, checksAccess: true);

        Map("GET", "/p/{queue?}", RestMqRole.Admin, policy.GetAsync);
        Map("POST", "/p/{queue?}", RestMqRole.Admin, policy.SetAsync);

        Map("GET", "/control", RestMqRole.Admin, control.ListAsync);
        Map("GET", "/control/{queue}", RestMqRole.Admin, control.GetAsync);
        Map("POST", "/control/{queue?}", RestMqRole.Admin, control.SetAsync);

        Map("GET", "/stats", RestMqRole.Admin, stats.ListAsync);
        Map("GET", "/stats/{queue}", RestMqRole.Admin, stats.GetAsync);
        Map("GET", "/j/{queue?}", RestMqRole.Admin, stats.LastAsync);
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
