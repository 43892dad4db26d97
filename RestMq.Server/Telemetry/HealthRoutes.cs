using System.Collections.ObjectModel;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RestMq.Server.Access;

namespace RestMq.Server.Telemetry;

/// <summary>
/// Maps the health checks. <c>/health/live</c> replies when the process is alive. <c>/health/ready</c> replies 503 when
/// the store takes no messages, and 200 with <c>Degraded</c> when it does not keep them safely. Both are open to
/// probes. With access rules, only callers that may administer get the details.
/// </summary>
internal static class HealthRoutes
{
    public static void MapHealth(this WebApplication app)
    {
        var health = app.MapGroup("/health").AllowAnonymous().DisableRateLimiting();
        health.MapHealthChecks("/live", new HealthCheckOptions { Predicate = static _ => false });
        health.MapHealthChecks("/ready", new HealthCheckOptions { Predicate = static check => check.Tags.Contains("ready"), ResponseWriter = WriteAsync });
    }

    private static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", report.Status.ToString());
        foreach (var (name, check) in context.MayLookInside() ? report.Entries : ReadOnlyDictionary<string, HealthReportEntry>.Empty)
        {
            json.WriteStartObject(name);
            json.WriteString("status", check.Status.ToString());
            json.WriteString("description", check.Description);
            foreach (var (fact, value) in check.Data) json.WriteString(fact, Convert.ToString(value, CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
