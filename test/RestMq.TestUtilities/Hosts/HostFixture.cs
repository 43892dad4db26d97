namespace RestMq.TestUtilities.Hosts;

/// <summary>Runs a host for all tests of one class. It allows JSONP, as the original did.</summary>
public abstract class HostFixture(StoreKind store) : IAsyncLifetime
{
    public RestMqHost Host { get; private set; } = null!;

    public async Task InitializeAsync() => Host = await RestMqHost.StartAsync(store, null, "--Site:Jsonp=true");

    public async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        Host.Process.Output.Should().NotContain("fail:", "a mistake of a client is not an error of the host");
    }
}

public sealed class MemoryHost() : HostFixture(StoreKind.Memory);

public sealed class RedisHost() : HostFixture(StoreKind.Redis);
