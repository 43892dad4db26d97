using Microsoft.Extensions.Diagnostics.HealthChecks;
using RestMq.Stores;

namespace RestMq.Telemetry;

/// <summary>
/// Whether messages can be kept now: unhealthy while every add would be answered 503, degraded while the store keeps them and may lose them.
/// </summary>
internal sealed class RestMqHealthCheck(IQueueStore store) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var report = await store.CheckAsync(cancellationToken).ConfigureAwait(false);
        if (report.Failure is { } failure) return new HealthCheckResult(context.Registration.FailureStatus, failure, data: report.Facts);
        return report.Warnings.Count == 0
            ? HealthCheckResult.Healthy($"Messages are kept in {store.Description}.", report.Facts)
            : HealthCheckResult.Degraded(string.Join(' ', report.Warnings), data: report.Facts);
    }
}
