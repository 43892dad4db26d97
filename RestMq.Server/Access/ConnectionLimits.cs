using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace RestMq.Server.Access;

/// <summary>
/// Limits the connections of the host and of one address. Kestrel closes a connection beyond
/// the limit of the host. This class closes one beyond the limit of its address.
/// </summary>
internal sealed class ConnectionLimits
{
    /// <summary>The limit of an address that no setting limits. Loopback and known proxies stand for many callers.</summary>
    public const int DefaultPerAddress = 1000;

    // A connection takes some 10 KiB, and one with a stream more.
    private const int MemoryOfConnection = 32 * 1024;

    private const int MostConnections = 50_000;
    private const int LeastConnections = 1000;

    private readonly ConcurrentDictionary<IPAddress, int> _connections = new();
    private readonly IReadOnlyList<IPNetwork> _proxies;
    private readonly int? _perAddress;
    private readonly Counter<long> _reached;

    public ConnectionLimits(SiteSettings site, IMeterFactory meters)
    {
        _perAddress = site.MaxConnectionsPerAddress;
        _proxies = AccessRules.Networks("", site.KnownProxies, []);
        _reached = meters.Create(RestMqTelemetry.Name).CreateCounter<long>(
            "restmq.limit.reached", "{time}", "Requests refused and connections cut because a limit of the host was reached.");
    }

    /// <summary>Sets the limits of the server.</summary>
    public static void Set(KestrelServerOptions kestrel, SiteSettings site)
    {
        var most = site.MaxConnections ?? DefaultConnections();
        kestrel.Limits.MaxConcurrentConnections = most;
        kestrel.Limits.MaxConcurrentUpgradedConnections = site.MaxWebSockets ?? most;
        var limits = new Lazy<ConnectionLimits>(() => kestrel.ApplicationServices.GetRequiredService<ConnectionLimits>());
        kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(next => connection => limits.Value.LimitAsync(connection, next)));
    }

    /// <summary>Returns the limit of connections that the memory of the process allows.</summary>
    public static int DefaultConnections() =>
        (int)Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / MemoryOfConnection, LeastConnections, MostConnections);

    private async Task LimitAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if ((connection.RemoteEndPoint as IPEndPoint)?.Address is not { } address || MostOf(address) is not { } most)
        {
            await next(connection);
            return;
        }
        try
        {
            if (_connections.AddOrUpdate(address, 1, static (_, count) => count + 1) <= most) await next(connection);
            else
            {
                _reached.Add(1, new KeyValuePair<string, object?>("restmq.limit", "address_connections"));
                connection.Abort();
            }
        }
        finally
        {
            Leave(address);
        }
    }

    private int? MostOf(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (_proxies.Any(network => network.Contains(plain))) return null;
        return _perAddress is { } most ? most == 0 ? null : most : IPAddress.IsLoopback(plain) ? null : DefaultPerAddress;
    }

    // An address without connections leaves no entry.
    private void Leave(IPAddress address)
    {
        while (_connections.TryGetValue(address, out var count))
        {
            if (count <= 1 ? _connections.TryRemove(KeyValuePair.Create(address, count)) : _connections.TryUpdate(address, count - 1, count)) return;
        }
    }
}
