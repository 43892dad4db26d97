using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RestMq.Http;
using RestMq.Stores;
using RestMq.Telemetry;

namespace RestMq.Limits;

/// <summary>
/// Holds the limits of a host that requests share, as metadata of every endpoint of <c>MapRestMq()</c>. Several calls of
/// <c>MapRestMq()</c> in one site share one object.
/// </summary>
internal sealed class HostLimits
{
    // All bodies together may take this part of the memory of the process. A body takes about twice its bytes.
    private const int BodiesPart = 16;

    private static readonly ConditionalWeakTable<RestMqOptions, HostLimits> All = [];

    private readonly QueueMetrics _metrics;

    public HostLimits(RestMqOptions options, QueueMetrics metrics)
    {
        _metrics = metrics;
        Bodies = new ByteBudget(
            options.MaxRequestBytes ?? AvailableMemory.Part(BodiesPart, least: Math.Max(options.MaxBatchBytes, AddRequests.FormLimit(options))));
        StreamWriteTimeout = options.StreamWriteTimeout;
        SocketMessageTimeout = options.SocketMessageTimeout;
        metrics.ObserveRequestBytes(() => Bodies.Used);
    }

    /// <summary>Gets the bytes of all request bodies that are being received or carried out.</summary>
    public ByteBudget Bodies { get; }

    /// <summary>Gets how long a stream may wait for its client to read.</summary>
    public TimeSpan StreamWriteTimeout { get; }

    /// <summary>Gets how long a message over a WebSocket may take to arrive.</summary>
    public TimeSpan SocketMessageTimeout { get; }

    /// <summary>Returns the limits of a site.</summary>
    public static HostLimits Of(IServiceProvider services) => All.GetValue(
        services.GetRequiredService<IOptions<RestMqOptions>>().Value,
        options => new HostLimits(options, services.GetRequiredService<QueueMetrics>()));

    /// <summary>Returns the limits that apply to a request; null outside of <c>MapRestMq()</c>.</summary>
    public static HostLimits? Of(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<HostLimits>();

    /// <summary>Counts that a limit was reached.</summary>
    public void Reached(string limit) => _metrics.LimitReached(limit);
}
