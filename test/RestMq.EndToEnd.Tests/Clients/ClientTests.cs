namespace RestMq.EndToEnd.Clients;

/// <summary>Tests clients that know nothing about RestMQ. Each client writes a line for each message.</summary>
public sealed class ClientTests(RedisHost fixture) : IClassFixture<RedisHost>, IClassFixture<NodeFolder>
{
    private RestMqHost Host => fixture.Host;

    [Fact]
    public Task Curl_Lines_ReadsEachMessage() =>
        ReadsAsync("curl", queue => ["-N", "-sS", Url(queue)], value => $"\"value\":\"{value}\"", opened: null);

    [Fact]
    public Task Curl_Events_ReadsEachMessage() =>
        ReadsAsync("curl", queue => ["-N", "-sS", "-H", "Accept: text/event-stream", Url(queue)], value => $"\"value\":\"{value}\"", ": connected");

    [Fact]
    public Task Python_Lines_ReadsEachMessage() =>
        ReadsAsync(
            "python3", queue => [Path.Combine(AppContext.BaseDirectory, "Clients", "lines.py"), $"127.0.0.1:{Host.Port}", $"/c/{queue}"],
            value => $"got {value}", "open 200 text/plain");

    [Fact]
    public Task Node_Events_ReadsEachMessage() =>
        ReadsAsync("node", queue => [NodeFolder.Script("events.mjs"), Url(queue)], value => $"got {value} ", "open");

    [Fact]
    public Task Node_WebSocket_ReadsEachMessage() =>
        ReadsAsync("node", queue => [NodeFolder.Script("socket.mjs"), Url(queue).Replace("http:", "ws:")], value => $"got {value}", "open", "closed 1000");

    [Fact]
    public async Task Node_WebSocketWithLease_SettlesEachMessage()
    {
        var queue = Host.NextQueue();
        await using var node = Start("node", NodeFolder.Script("socket.mjs"), $"ws://127.0.0.1:{Host.Port}/ws/{queue}?lease=30&prefetch=1");
        await Host.PostAllAsync(queue, ["a", "b", "c"]);
        await node.WaitForLineAsync(line => line == "got c");
        await Host.HasAsync(queue, stats => stats.Number("settled") == 3 && stats.Number("leased") == 0,
            "each message is settled");
        await Host.PurgeAsync(queue);
        (await node.WaitForExitAsync(TimeSpan.FromSeconds(10))).Should().Be(0, $"{node}");
    }

    private string Url(string queue) => $"http://127.0.0.1:{Host.Port}/c/{queue}";

    private static ChildProcess Start(string program, params IEnumerable<string> arguments) =>
        new(program, arguments, $"These tests need {program} on the PATH (test/run.sh installs it).");

    /// <summary>
    /// Asserts that the client prints each message when it is added, and exits with 0 at the end of the stream.
    /// </summary>
    private async Task ReadsAsync(string program, Func<string, string[]> arguments, Func<string, string> shown, string? opened, string? closed = null)
    {
        var queue = Host.NextQueue();
        await using var client = Start(program, arguments(queue));
        if (opened is not null) await client.WaitForLineAsync(line => line.StartsWith(opened, StringComparison.Ordinal));
        await Host.HasConsumersAsync(queue, 1);
        foreach (var value in new[] { "one", "zwei ü 日本", "end" })
        {
            await Host.PostAsync(queue, value);
            await client.WaitForLineAsync(line => line.Contains(shown(value), StringComparison.Ordinal));
        }
        await Host.PurgeAsync(queue);
        (await client.WaitForExitAsync(TimeSpan.FromSeconds(10))).Should().Be(0, $"{client}");
        if (closed is not null) await client.WaitForLineAsync(line => line == closed);
    }
}
