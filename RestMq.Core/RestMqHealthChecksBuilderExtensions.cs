using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RestMq.Stores;
using RestMq.Telemetry;

namespace RestMq;

/// <summary>Adds RestMQ to an application's health checks.</summary>
public static class RestMqHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a health check of the store. It is unhealthy while the store is away or accepts no writes. It is degraded
    /// while the settings of the store may lose messages: in Redis, a <c>maxmemory-policy</c> other than
    /// <c>noeviction</c>, or no append-only file. The check answers within a few seconds, even when the store hangs.
    /// Use it as a readiness check. A liveness check must not depend on the store.
    /// </summary>
    /// <param name="builder">The builder that <c>AddHealthChecks()</c> returned.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="failureStatus">The status while the store is away. Null means unhealthy.</param>
    /// <param name="tags">Tags that select checks. Null means <c>ready</c>.</param>
    public static IHealthChecksBuilder AddRestMq(
        this IHealthChecksBuilder builder, string name = "restmq", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null) =>
        builder.Add(new HealthCheckRegistration(
            name, static services => new RestMqHealthCheck(services.GetRequiredService<IQueueStore>()), failureStatus, tags ?? ["ready"]));
}
