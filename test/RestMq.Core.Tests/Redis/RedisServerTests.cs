using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>The fixture's own promise: what was written is there after a crash, a restart and a pause.</summary>
public sealed class RedisServerTests : IAsyncLifetime
{
    // Its own server, for killing the shared one would fail whoever uses it at the time.
    private readonly RedisFixture _server = new();

    public Task InitializeAsync() => _server.InitializeAsync();

    public Task DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task What_was_written_outlives_a_kill_a_stop_and_a_pause()
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
