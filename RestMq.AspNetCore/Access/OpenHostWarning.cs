using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RestMq.Access;

/// <summary>
/// Warns once, after the start, when other machines reach a host that has no access rules. A site that called
/// <c>AllowAnonymous()</c> has decided so and is not warned.
/// </summary>
internal sealed partial class OpenHostWarning
{
    // The sites that are watched, so that several calls of MapRestMq() warn once.
    private static readonly ConditionalWeakTable<IHostApplicationLifetime, OpenHostWarning> Watched = [];

    /// <summary>Warns when the site has started, if it is open.</summary>
    public static void Watch(IServiceProvider services, IHostApplicationLifetime lifetime)
    {
        if (Watched.TryAdd(lifetime, new OpenHostWarning())) lifetime.ApplicationStarted.Register(() => Warn(services));
    }

    private static void Warn(IServiceProvider services)
    {
        var open = ListeningAddresses.Of(services.GetService<IServer>()).Where(address => !ListeningAddresses.IsLoopback(address)).ToArray();
        if (open.Length == 0 || services.GetService<IOptions<AuthorizationOptions>>()?.Value.FallbackPolicy is not null) return;
        if (services.GetService<EndpointDataSource>() is { } source && source.Endpoints.Any(IsOpen))
            LogOpen(services.GetRequiredService<ILogger<OpenHostWarning>>(), string.Join(", ", open.Select(address => address.ToString())));
    }

    private static bool IsOpen(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<RestMqEndpointMetadata>() is { Role: not RestMqRole.Admin }
        && endpoint.Metadata.GetMetadata<RoleAuthorization>() is null
        && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
        && !AccessControl.IsAuthorizedBySite(endpoint.Metadata);

    [LoggerMessage(
        41, LogLevel.Warning,
        "RestMQ listens on {Addresses} and has no access rules, so every caller that reaches it may add, take and "
        + "listen. Set keys, users or networks in the section Access, call MapRestMq().RequireAuthorization(…) in code, "
        + "or listen on localhost only. See RestMQ's docs/how-to/secure-a-host.md.")]
    private static partial void LogOpen(ILogger logger, string addresses);
}
