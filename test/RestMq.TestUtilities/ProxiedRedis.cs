namespace RestMq.TestUtilities;

/// <summary>Runs a Redis server that announces the address of its proxy, so that a test can cut it off.</summary>
public sealed class ProxiedRedis : IAsyncDisposable
{
    internal ProxiedRedis(IReadOnlyList<string> settings)
    {
        Proxy = new TcpProxy();
        Redis = new RedisServer { Settings = ["--replica-announce-ip", "127.0.0.1", "--replica-announce-port", $"{Proxy.Port}", .. settings] };
    }

    public TcpProxy Proxy { get; }

    /// <summary>Gets the server behind the proxy. Commands of the test go to it directly.</summary>
    public RedisServer Redis { get; }

    /// <summary>Gets the address under which sentinels and hosts know the server.</summary>
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
