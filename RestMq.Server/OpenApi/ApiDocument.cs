using Microsoft.OpenApi;
using RestMq.Server.Access;
using Scalar.AspNetCore;

namespace RestMq.Server.OpenApi;

/// <summary>
/// Maps <c>/openapi/v1.json</c> and <c>/scalar</c>, the page to try it. Callers with any role may read them. The page's
/// script is open, because it has no data of this host.
/// </summary>
internal static class ApiDocument
{
    private static readonly RestMqRole[] Anybody = [RestMqRole.Produce, RestMqRole.Stream, RestMqRole.Admin, RestMqRole.Consume];

    public static void AddApiDocument(this IServiceCollection services) => services.AddOpenApi(options => options.AddRestMq().AddDocumentTransformer(static (document, _, _) =>
    {
        document.Info = new OpenApiInfo { Title = "RestMQ", Version = "1", Description = "The queue you can curl." };
        return Task.CompletedTask;
    }));

    public static void MapApiDocument(this WebApplication app)
    {
        var routes = app.MapGroup("").RequireRestMqRole(Anybody).RequireAccess(app.Configuration);
        // Monitors send HEAD. The server leaves the body out.
        ((IEndpointConventionBuilder)routes).Add(static route => route.Metadata.Add(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head])));
        routes.MapOpenApi();
        // Disabled are services that Scalar's vendor hosts elsewhere.
        routes.MapScalarApiReference(page => page.DisableAgent().DisableMcp().DisableTelemetry().HideDeveloperTools());
    }
}
