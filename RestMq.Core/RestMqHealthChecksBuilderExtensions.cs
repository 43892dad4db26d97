using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RestMq.Stores;
using RestMq.Telemetry;

namespace RestMq;

/// <summary>Adds RestMQ to an application's health checks.</summary>
public static class RestMqHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check of the message store: unhealthy while it is away or takes no writes, degraded while its settings may lose messages (in Redis a
    /// <c>maxmemory-policy</c> other than <c>noeviction</c>, or no append-only file). It answers within a few seconds, also when the store hangs.
    /// It says whether the process is ready to serve; whether it is alive needs no check of the store.
    /// </summary>
    /// <param name="builder">What <c>AddHealthChecks()</c> returned.</param>
    /// <param name="name">The check's name.</param>
    /// <param name="failureStatus">What it reports while the store is away. <value>Unhealthy.</value></param>
    /// <param name="tags">Tags to choose checks by. <value><c>ready</c>.</value></param>
    public static IHealthChecksBuilder AddRestMq(
        this IHealthChecksBuilder builder, string name = "restmq", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null) =>
        builder.Add(new HealthCheckRegistration(
            name, static services => new RestMqHealthCheck(services.GetRequiredService<IQueueStore>()), failureStatus, tags ?? ["ready"]));
}
