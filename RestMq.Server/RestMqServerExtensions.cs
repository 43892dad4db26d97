using Microsoft.Extensions.Options;
using RestMq.Server.Access;
using RestMq.Server.OpenApi;
using RestMq.Server.Telemetry;

namespace RestMq.Server;

/// <summary>Makes a web application a stand-alone RestMQ host.</summary>
public static class RestMqServerExtensions
{
    private const string DefaultAddress = "http://localhost:8888";

    private static readonly string[] AddressSettings = ["urls", "http_ports", "https_ports", "Kestrel:Endpoints"];

    /// <summary>
    /// Adds the services of a stand-alone host by the settings of the application: RestMQ and its limits
    /// (<c>RestMq</c>), keys, users and networks (<c>Access</c>), proxies, origins and rate limits (<c>Site</c>),
    /// health checks, telemetry, and the OpenAPI document. The host listens on <c>http://localhost:8888</c> unless a
    /// setting names an address.
    /// </summary>
    /// <param name="builder">The builder of the application. A slim builder is enough.</param>
    /// <returns>The builder of RestMQ, to choose the store in code.</returns>
    /// <exception cref="OptionsValidationException">The section <c>Site</c> is wrong.</exception>
    public static RestMqBuilder AddRestMqServer(this WebApplicationBuilder builder)
    {
        // The framework logs a host that cannot start with a stack trace. The exception says the same to the caller of
        // RunAsync. A background service that fails stops the host, which is logged as critical.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        builder.Services.AddHealthChecks().AddRestMq();
        builder.AddTelemetry();
        builder.Services.AddApiDocument();
        builder.AddAccess();
        builder.WebHost.UseKestrelHttpsConfiguration(); // A slim builder leaves HTTPS out.
        // The address of the original.
        if (!AddressSettings.Any(setting => builder.Configuration.GetSection(setting).Exists())) builder.WebHost.UseUrls(DefaultAddress);
        return builder.Services.AddEngine(builder.Configuration);
    }

    /// <summary>
    /// Adds the middleware of <see cref="AddRestMqServer"/>, and maps RestMQ's routes, <c>/health</c>, <c>/metrics</c>,
    /// <c>/openapi</c> and <c>/scalar</c>, each with the access rules of the settings.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <returns>The group of RestMQ's routes. Add conventions to it.</returns>
    /// <exception cref="InvalidOperationException"><see cref="AddRestMqServer"/> has not been called.</exception>
    /// <exception cref="OptionsValidationException">The section <c>Access</c> is wrong.</exception>
    public static RouteGroupBuilder UseRestMqServer(this WebApplication app)
    {
        app.UseAccess();
        var routes = app.MapRestMq().RequireAccess(app.Configuration);
        app.MapHealth();
        app.MapTelemetry();
        app.MapApiDocument();
        return routes;
    }

    /// <summary>Adds RestMQ's services with the settings of a host, also for a verb of the command line.</summary>
    internal static RestMqBuilder AddEngine(this IServiceCollection services, IConfiguration settings) =>
        services.AddRestMq(settings.GetSection("RestMq"), TelemetryExtensions.PrometheusSetting);
}
