namespace RestMq.EndToEnd.Operations;

/// <summary>Tests the health routes of the sample host.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Health_MemoryStore_IsAliveAndReady()
    {
        await using var host = await RestMqHost.StartAsync(StoreKind.Memory);

        (await host.AskAsync("GET /health/live")).Status.Should().Be(200);
        var ready = await host.AskAsync("GET /health/ready");
        ready.Status.Should().Be(200);
        ready.Json.GetProperty("restmq").GetProperty("status").GetString().Should().Be("Healthy");
    }

    [Fact]
    public async Task Health_RedisDown_IsAliveButNotReady()
    {
        await using var host = await RestMqHost.StartAsync(StoreKind.Redis);
        var ready = await host.AskAsync("GET /health/ready");
        ready.Status.Should().Be(200);
        ready.Json.GetProperty("restmq").GetProperty("appendfsync").GetString().Should().Be("always");

        await host.Redis!.KillAsync();
        (await host.AskAsync("GET /health/ready")).Status.Should().Be(503);
        (await host.AskAsync("GET /health/live")).Status.Should().Be(200);

        await host.Redis.StartAsync();
        await Eventually.TrueAsync(async () => (await host.AskAsync("GET /health/ready")).Status == 200,
            "the host is ready again");
    }
}
