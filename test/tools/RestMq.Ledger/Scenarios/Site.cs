using RestMq.Ledger.Servers;

namespace RestMq.Ledger.Scenarios;

/// <summary>Starts and owns hosts and their Redis servers.</summary>
internal sealed class Site : IAsyncDisposable
{
    // An unsettled plain take goes back to the queue after 2 seconds, instead of a minute.
    private const string TakeLease = "--RestMq:TakeLease=00:00:02";

    private Site(IServers servers, HostProcess[] hosts, FlakyProxy? proxy = null) => (Servers, Hosts, Proxy) = (servers, hosts, proxy);

    public IServers Servers { get; }

    /// <summary>Gets the Redis server of a site that has a single one.</summary>
    public Redis Redis => (Redis)Servers;

    public HostProcess[] Hosts { get; }

    /// <summary>Gets the proxy between the hosts and Redis. It is null when there is none.</summary>
    public FlakyProxy? Proxy { get; }

    /// <summary>Gets the reverse proxy in front of the hosts. It is null when there is none.</summary>
    public NginxServer? Nginx { get; private set; }

    /// <summary>Gets the ports that clients connect to.</summary>
    public int[] Ports => Nginx is null ? [.. Hosts.Select(host => host.Port)] : [Nginx.Port];

    /// <summary>Starts a Redis server and the hosts on it.</summary>
    /// <param name="hosts">The number of hosts.</param>
    /// <param name="fsync">The <c>appendfsync</c> setting of Redis.</param>
    /// <param name="proxied">The largest number of bytes after which a connection to Redis is reset. Null for no
    /// proxy.</param>
    public static async Task<Site> StartAsync(int hosts, string fsync = "always", int? proxied = null)
    {
        var redis = new Redis(fsync);
        await redis.ComeBackAsync();
        var proxy = proxied is { } most ? new FlakyProxy(redis.Port, most) : null;
        var configuration = proxy is null ? redis.Configuration : $"127.0.0.1:{proxy.Port}";
        var site = new Site(redis, [.. Enumerable.Range(0, hosts).Select(_ => new HostProcess(configuration, TakeLease))], proxy);
        await Task.WhenAll(site.Hosts.Select(host => host.ComeBackAsync()));
        return site;
    }

    /// <summary>Starts hosts on servers that already run, and takes ownership of both.</summary>
    /// <param name="hosts">The number of hosts.</param>
    /// <param name="servers">The servers.</param>
    /// <param name="behindNginx">Whether clients reach the hosts through nginx, in turn.</param>
    public static async Task<Site> StartAsync(int hosts, IServers servers, bool behindNginx = false)
    {
        var site = new Site(servers, [.. Enumerable.Range(0, hosts).Select(_ => new HostProcess(servers.Configuration, TakeLease))]);
        try
        {
            await Task.WhenAll(site.Hosts.Select(host => host.ComeBackAsync()));
            // A killed host is back within about a second. Until then nginx uses another host.
            var upstream = string.Concat(site.Hosts.Select(host => $"server 127.0.0.1:{host.Port} max_fails=1 fail_timeout=1s; "));
            if (behindNginx) site.Nginx = await NginxServer.StartAsync(upstream);
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Nginx is not null) await Nginx.DisposeAsync();
        foreach (var host in Hosts) await host.DisposeAsync();
        if (Proxy is not null) await Proxy.DisposeAsync();
        await Servers.DisposeAsync();
    }
}
