using RestMq.Ledger.Servers;

namespace RestMq.Ledger.Scenarios;

/// <summary>Daemons on one Redis.</summary>
internal sealed class Site : IAsyncDisposable
{
    // A plain take that nobody settled comes again within seconds, not within a minute.
    private const string TakeLease = "--RestMq:TakeLease=00:00:02";

    private Site(IServers servers, Daemon[] daemons, FlakyProxy? proxy = null) => (Servers, Daemons, Proxy) = (servers, daemons, proxy);

    public IServers Servers { get; }

    /// <summary>The one Redis of a site that has one.</summary>
    public Redis Redis => (Redis)Servers;

    public Daemon[] Daemons { get; }

    /// <summary>What stands between the daemons and Redis, if anything does.</summary>
    public FlakyProxy? Proxy { get; }

    /// <summary>A reverse proxy before the daemons, if there is one.</summary>
    public NginxServer? Nginx { get; private set; }

    /// <summary>Where clients go.</summary>
    public int[] Ports => Nginx is null ? [.. Daemons.Select(daemon => daemon.Port)] : [Nginx.Port];

    /// <summary>Starts them all.</summary>
    /// <param name="daemons">How many.</param>
    /// <param name="fsync">Redis' <c>appendfsync</c>.</param>
    /// <param name="proxied">The most bytes that a connection to Redis lives for; null for no proxy.</param>
    public static async Task<Site> StartAsync(int daemons, string fsync = "always", int? proxied = null)
    {
        var redis = new Redis(fsync);
        await redis.ComeBackAsync();
        var proxy = proxied is { } most ? new FlakyProxy(redis.Port, most) : null;
        var configuration = proxy is null ? redis.Configuration : $"127.0.0.1:{proxy.Port}";
        var site = new Site(redis, [.. Enumerable.Range(0, daemons).Select(_ => new Daemon(configuration, TakeLease))], proxy);
        await Task.WhenAll(site.Daemons.Select(daemon => daemon.ComeBackAsync()));
        return site;
    }

    /// <summary>Starts daemons on servers that run, and owns both.</summary>
    /// <param name="daemons">How many.</param>
    /// <param name="servers">The servers.</param>
    /// <param name="behindNginx">Whether clients reach the daemons by nginx, in turn.</param>
    public static async Task<Site> StartAsync(int daemons, IServers servers, bool behindNginx = false)
    {
        var site = new Site(servers, [.. Enumerable.Range(0, daemons).Select(_ => new Daemon(servers.Configuration, TakeLease))]);
        try
        {
            await Task.WhenAll(site.Daemons.Select(daemon => daemon.ComeBackAsync()));
            // A daemon that was killed is back within a second or so, and until then nginx goes to another one.
            var upstream = string.Concat(site.Daemons.Select(daemon => $"server 127.0.0.1:{daemon.Port} max_fails=1 fail_timeout=1s; "));
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
        foreach (var daemon in Daemons) await daemon.DisposeAsync();
        if (Proxy is not null) await Proxy.DisposeAsync();
        await Servers.DisposeAsync();
    }
}
