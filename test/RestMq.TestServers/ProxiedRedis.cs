namespace RestMq.TestServers;

/// <summary>A Redis server that announces the address of a proxy before it, so that it can be cut off.</summary>
public sealed class ProxiedRedis : IAsyncDisposable
{
    internal ProxiedRedis(IReadOnlyList<string> settings)
    {
        Proxy = new TcpProxy();
        Redis = new RedisServer { Settings = ["--replica-announce-ip", "127.0.0.1", "--replica-announce-port", $"{Proxy.Port}", .. settings] };
    }

    public TcpProxy Proxy { get; }

    /// <summary>The server behind the proxy. Commands to it pass the proxy by.</summary>
    public RedisServer Redis { get; }

    /// <summary>The address under which sentinels and hosts know it.</summary>
    public string Address => $"127.0.0.1:{Proxy.Port}";

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await Redis.StartAsync(cancellationToken);
        Proxy.Target = Redis.Port;
    }

    public async ValueTask DisposeAsync()
    {
        await Redis.DisposeAsync();
        await Proxy.DisposeAsync();
    }
}
