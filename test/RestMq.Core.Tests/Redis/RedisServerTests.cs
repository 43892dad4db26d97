using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>Verifies that data written to the fixture's server survives a kill, a restart and a pause.</summary>
public sealed class RedisServerTests : IAsyncLifetime
{
    // The test has its own server, because killing the shared one would fail other tests.
    private readonly RedisFixture _server = new();

    public Task InitializeAsync() => _server.InitializeAsync();

    public Task DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Write_KillStopAndPause_Survives()
    {
        (await WriteAsync("one")).Should().Be(1);
        await _server.KillAsync();
        await _server.StartAsync();
        (await WriteAsync("two")).Should().Be(2);
        await _server.StopAsync();
        await _server.StartAsync();
        await _server.PauseAsync();
        var written = WriteAsync("three");
        await _server.ResumeAsync();
        (await written).Should().Be(3);
    }

    private async Task<long> WriteAsync(string value)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(_server.Configuration);
        return await connection.GetDatabase().ListRightPushAsync("written", value);
    }
}
