using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RestMq.Access;
using RestMq.Endpoints;
using RestMq.Http;
using RestMq.Limits;
using static RestMq.RestMqRole;

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
        if (services.GetService<IQueueEngine>() is null)
        {
            throw new InvalidOperationException(
                "MapRestMq() needs RestMQ's services. "
                + "Call builder.Services.AddRestMq() before the application is built.");
        }
        services.GetRequiredService<StartChecks>().Add(() => RouteConflicts.Check(services.GetRequiredService<EndpointDataSource>()));
        OpenHostWarning.Watch(services, services.GetRequiredService<IHostApplicationLifetime>());

        var group = endpoints.MapGroup(prefix);
        SizeLimit.Raise(group, services.GetRequiredService<IOptions<RestMqOptions>>().Value);
        group.WithMetadata(HostLimits.Of(services));
        var access = AccessControl.Of(services);
        MapRoutes(new RouteMapper(group, access), new EndpointFamilies(services, access));
        return group;
    }

    // The route table: one line a route, by family.
    private static void MapRoutes(RouteMapper map, EndpointFamilies to)
    {
        map.Get("/", Consume, to.Home.GetAsync, checksAccess: true, takes: new TakingRoute(IsWithQueueField: true));
        map.Post("/", Produce, to.Home.AddAsync, checksAccess: true);

        map.Get("/q", Admin, to.Queues.ListAsync);
        map.Take("/q/{queue}", to.Queues.TakeAsync);
        map.Head("/q/{queue}", Consume, to.Queues.HeadAsync);
        map.Post("/q/{queue?}", Produce, to.Queues.AddAsync);
        map.Delete("/q/{queue?}", Admin, to.Queues.PurgeAsync);

        map.Get("/q/{queue}/{key}", Consume, to.Messages.PeekAsync);
        map.Delete("/q/{queue}/{key}", Consume, to.Messages.DeleteAsync);
        map.Post("/q/{queue}/{key}", Consume, to.Messages.SettleAsync);

        map.Get("/queue", Consume, to.Commands.FormAsync);
        map.Post("/queue", Admin, to.Commands.DispatchAsync, checksAccess: true);
        map.Post("/queue/{queue}", Admin, to.Commands.DispatchAsync, checksAccess: true);

        map.SocketStream("/c/{queue?}", to.Live.StreamAsync);
        map.Stream("/sse/{queue?}", to.Live.EventsAsync);
        map.SocketStream("/ws/{queue?}", to.Live.SocketAsync);

        map.Post("/xmlrpc", Admin, to.XmlRpc.CallAsync, checksAccess: true);

        map.Get("/p/{queue?}", Admin, to.Policy.GetAsync);
        map.Post("/p/{queue?}", Admin, to.Policy.SetAsync);

        map.Get("/control", Admin, to.Control.ListAsync);
        map.Get("/control/{queue}", Admin, to.Control.GetAsync);
        map.Post("/control/{queue?}", Admin, to.Control.SetAsync);

        map.Get("/stats", Admin, to.Stats.ListAsync);
        map.Get("/stats/{queue}", Admin, to.Stats.GetAsync);
        map.Get("/j/{queue?}", Admin, to.Stats.LastAsync);
        map.Post("/j/{queue}/{button}", Admin, to.Page.PressAsync);
    }
}
