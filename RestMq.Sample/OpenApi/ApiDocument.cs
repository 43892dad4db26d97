using RestMq.Sample.Access;
using Scalar.AspNetCore;

namespace RestMq.Sample.OpenApi;

/// <summary><c>/openapi/v1.json</c>, and <c>/scalar</c>, the page to try it: for whoever may do anything at all. The page's script, which tells nothing of this host, is open.</summary>
internal static class ApiDocument
{
    private static readonly RestMqRole[] Anybody = [RestMqRole.Produce, RestMqRole.Stream, RestMqRole.Admin, RestMqRole.Consume];

    public static void MapApiDocument(this WebApplication app)
    {
        var routes = app.MapGroup("").RequireRestMqRole(Anybody).RequireAccess(app.Configuration);
        routes.MapOpenApi();
        routes.MapScalarApiReference(page => page.DisableAgent().DisableMcp().DisableTelemetry().HideDeveloperTools()); // Those are services of its maker's, elsewhere.
    }
}
