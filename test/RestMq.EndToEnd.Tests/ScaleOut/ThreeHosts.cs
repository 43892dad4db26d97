namespace RestMq.EndToEnd.ScaleOut;

/// <summary>Runs three hosts on one Redis.</summary>
public sealed class ThreeHosts : IAsyncLifetime
{
    public RedisServer Redis { get; private set; } = null!;

    public RestMqHost[] Hosts { get; private set; } = [];

    public async Task InitializeAsync()
    {
        Redis = await RedisServer.LaunchAsync();
        Hosts = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => StartAsync(Redis)));
    }

    public async Task DisposeAsync()
    {
        foreach (var host in Hosts) await host.DisposeAsync();
        await Redis.DisposeAsync();
    }

    /// <summary>
    /// Starts a host with a short lease for plain takes. When the host is killed, its unsettled messages soon return.
    /// </summary>
    public static Task<RestMqHost> StartAsync(RedisServer redis) => RestMqHost.StartAsync(StoreKind.Redis, redis, "--RestMq:TakeLease=00:00:02");
}
