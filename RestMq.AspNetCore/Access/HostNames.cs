using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using RestMq.Http;

namespace RestMq.Access;

/// <summary>
/// Checks the host name of requests. The framework's setting <c>AllowedHosts</c> lists the names. Without the setting, a
/// host that listens only on loopback addresses answers only local names: a page whose name resolves to this machine
/// (DNS rebinding) would otherwise be a page of this host.
/// </summary>
internal sealed class HostNames
{
    private const string Setting = "AllowedHosts";

    private readonly IConfiguration? _configuration;
    private readonly IServer? _server;

    // The names; null before the first request, and after a change of the settings. Empty when every name is allowed.
    private volatile IList<StringSegment>? _allowed;

    // The last name that was found to be allowed, so that most requests cost one comparison.
    private volatile string? _known;

    /// <summary>Creates the check of a site, and follows changes of the setting.</summary>
    public HostNames(IServiceProvider services)
    {
        _configuration = services.GetService<IConfiguration>();
        _server = services.GetService<IServer>();
        if (_configuration is not null) ChangeToken.OnChange(_configuration.GetReloadToken, () => (_allowed, _known) = (null, null));
    }

    /// <summary>Throws when a request names a host that is not this one.</summary>
    /// <exception cref="Problem">The name is not allowed.</exception>
    public void Check(HttpContext context)
    {
        var allowed = _allowed ??= Read();
        if (allowed.Count == 0) return;
        var host = ReceivedRequest.HostOf(context);
        // A client of HTTP/1.0 may name no host. Browsers always do.
        if (host.Length == 0 || host == _known) return;
        if (ReferenceEquals(allowed, LocalOnly) ? LocalName.Is(new HostString(host).Host) : HostString.MatchesAny(host, allowed))
        {
            _known = host;
            return;
        }
        throw Problem.UnknownHost(
            (ReferenceEquals(allowed, LocalOnly)
                ? "This host listens only on its own machine, so a request must name localhost, 127.0.0.1 or [::1]"
                : $"A request must name a host of the setting {Setting}")
            + $", but named '{Wire.WireNames.Shorten(host)}'. Add the name to {Setting}, such as "
            + $"--{Setting}=mq.example.org, or set {Setting}=* to allow every name.");
    }

    private static IList<StringSegment> LocalOnly { get; } = ["localhost"];

    private IList<StringSegment> Read()
    {
        if (_configuration?[Setting] is { } setting && setting.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } names)
            return names.Any(name => name is "*" or "[::]" or "0.0.0.0") ? [] : [.. names.Select(name => new StringSegment(name))];
        var addresses = ListeningAddresses.Of(_server);
        return addresses.Count > 0 && addresses.All(ListeningAddresses.IsLoopback) ? LocalOnly : [];
    }
}

/// <summary>Tells where the server listens.</summary>
internal static class ListeningAddresses
{
    /// <summary>Returns the server's addresses over TCP. A server that has not started may have none.</summary>
    public static IReadOnlyList<BindingAddress> Of(IServer? server) =>
        server?.Features.Get<IServerAddressesFeature>() is not { } feature ? []
        : [.. feature.Addresses.Select(BindingAddress.Parse).Where(address => !address.IsUnixPipe && !address.IsNamedPipe)];

    /// <summary>Returns whether only this machine reaches the address.</summary>
    public static bool IsLoopback(BindingAddress address) =>
        address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
