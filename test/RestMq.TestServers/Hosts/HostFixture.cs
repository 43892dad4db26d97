namespace RestMq.TestServers.Hosts;

/// <summary>A host for all tests of one class.</summary>
public abstract class HostFixture(StoreKind store) : IAsyncLifetime
{
    public RestMqHost Host { get; private set; } = null!;

    public async Task InitializeAsync() => Host = await RestMqHost.StartAsync(store);

    public async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        Host.Process.Output.Should().NotContain("fail:", "a client's doings are no errors of the host");
    }
}

public sealed class MemoryHost() : HostFixture(StoreKind.Memory);

public sealed class RedisHost() : HostFixture(StoreKind.Redis);
