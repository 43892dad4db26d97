namespace RestMq.Live.Daemons;

/// <summary>Three daemons on one Redis.</summary>
public sealed class ThreeDaemons : IAsyncLifetime
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

    /// <summary>A daemon whose death gives back soon what it was writing.</summary>
    public static Task<RestMqHost> StartAsync(RedisServer redis) => RestMqHost.StartAsync(StoreKind.Redis, redis, "--RestMq:TakeLease=00:00:02");
}
