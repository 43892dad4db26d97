using Microsoft.Extensions.Diagnostics.HealthChecks;
using RestMq.Stores;

namespace RestMq.Telemetry;

/// <summary>
/// Checks whether the store accepts messages now. Unhealthy while every add would get 503. Degraded while the store
/// accepts messages but may lose them.
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
