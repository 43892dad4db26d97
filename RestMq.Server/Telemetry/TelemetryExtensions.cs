using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using RestMq.Server.Access;

namespace RestMq.Server.Telemetry;

/// <summary>
/// Adds telemetry. Prometheus scrapes metrics at <c>/metrics</c> when <c>RestMq:Prometheus=true</c> is set. OTLP sends
/// metrics, traces and logs when OpenTelemetry's own setting <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set. Both are off by
/// default. Callers that may read <c>/stats</c> may read <c>/metrics</c>.
/// </summary>
internal static class TelemetryExtensions
{
    /// <summary>The setting of the section <c>RestMq</c> that is the host's own.</summary>
    public const string PrometheusSetting = "Prometheus";

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var prometheus = ServesPrometheus(builder.Configuration);
        var otlp = !string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        if (!prometheus && !otlp) return;

        var telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("restmq")).WithMetrics(metrics =>
        {
            metrics.AddMeter(RestMqTelemetry.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime");
            if (prometheus) metrics.AddPrometheusExporter();
        });
        if (otlp) telemetry.WithTracing(traces => traces.AddSource(RestMqTelemetry.Name, "Microsoft.AspNetCore")).UseOtlpExporter();
    }

    public static void MapTelemetry(this WebApplication app)
    {
        if (ServesPrometheus(app.Configuration)) app.MapPrometheusScrapingEndpoint("/metrics").RequireRestMqRole(RestMqRole.Admin).RequireAccess(app.Configuration);
    }

    private static bool ServesPrometheus(IConfiguration settings) => settings.GetValue<bool>($"RestMq:{PrometheusSetting}");
}
