using System.Collections.ObjectModel;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RestMq.Sample.Access;

namespace RestMq.Sample.Telemetry;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: its store takes messages (503 if not), and keeps them well
/// (200 and <c>Degraded</c> if not), with what was found. Both are open to probes; where there are rules of access, what was found is for those who
/// administer.
/// </summary>
internal static class Health
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
