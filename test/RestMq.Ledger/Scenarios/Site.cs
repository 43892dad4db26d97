using RestMq.Ledger.Servers;

namespace RestMq.Ledger.Scenarios;

/// <summary>Daemons on one Redis.</summary>
internal sealed class Site : IAsyncDisposable
{
    private Site(Redis redis, Daemon[] daemons, FlakyProxy? proxy) => (Redis, Daemons, Proxy) = (redis, daemons, proxy);

    public Redis Redis { get; }

    public Daemon[] Daemons { get; }

    /// <summary>What stands between the daemons and Redis, if anything does.</summary>
    public FlakyProxy? Proxy { get; }

    public int[] Ports => [.. Daemons.Select(daemon => daemon.Port)];

    /// <summary>Starts them all.</summary>
    /// <param name="daemons">How many.</param>
    /// <param name="fsync">Redis' <c>appendfsync</c>.</param>
    /// <param name="proxied">The most bytes that a connection to Redis lives for; null for no proxy.</param>
    public static async Task<Site> StartAsync(int daemons, string fsync = "always", int? proxied = null)
    {
        var redis = new Redis(fsync);
        await redis.ComeBackAsync();
        var proxy = proxied is { } most ? new FlakyProxy(redis.Port, most) : null;
        // A plain take that nobody settled comes again within seconds, not within a minute.
        var site = new Site(
            redis, [.. Enumerable.Range(0, daemons).Select(_ => new Daemon(proxy?.Port ?? redis.Port, "--RestMq:TakeLease=00:00:02"))], proxy);
        await Task.WhenAll(site.Daemons.Select(daemon => daemon.ComeBackAsync()));
        return site;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var daemon in Daemons) await daemon.DisposeAsync();
        if (Proxy is not null) await Proxy.DisposeAsync();
        await Redis.DisposeAsync();
    }
}
