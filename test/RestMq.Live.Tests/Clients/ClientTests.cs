namespace RestMq.Live.Clients;

/// <summary>Clients that know nothing of us. Each writes a line for each message.</summary>
public sealed class ClientTests(RedisHost fixture) : IClassFixture<RedisHost>, IClassFixture<NodeFolder>
{
    private RestMqHost Host => fixture.Host;

    [Fact]
    public Task Curl_reads_lines() => ReadsAsync("curl", queue => ["-N", "-sS", Url(queue)], value => $"\"value\":\"{value}\"", opened: null);

    [Fact]
    public Task Curl_reads_events() =>
        ReadsAsync("curl", queue => ["-N", "-sS", "-H", "Accept: text/event-stream", Url(queue)], value => $"\"value\":\"{value}\"", ": connected");

    [Fact]
    public Task Python_reads_lines() =>
        ReadsAsync(
            "python3", queue => [Path.Combine(AppContext.BaseDirectory, "Clients", "lines.py"), $"127.0.0.1:{Host.Port}", $"/c/{queue}"],
            value => $"got {value}", "open 200 text/plain");

    [Fact]
    public Task Node_reads_events() => ReadsAsync("node", queue => [NodeFolder.Script("events.mjs"), Url(queue)], value => $"got {value} ", "open");

    [Fact]
    public Task Node_reads_a_socket() =>
        ReadsAsync("node", queue => [NodeFolder.Script("socket.mjs"), Url(queue).Replace("http:", "ws:")], value => $"got {value}", "open", "closed 1000");

    [Fact]
    public async Task Node_settles_over_a_socket()
    {
        var queue = Host.NextQueue();
        await using var node = Start("node", NodeFolder.Script("socket.mjs"), $"ws://127.0.0.1:{Host.Port}/ws/{queue}?lease=30&prefetch=1");
        await Host.PostAllAsync(queue, ["a", "b", "c"]);
        await node.WaitForLineAsync(line => line == "got c");
        await Host.HasAsync(queue, stats => stats.Number("settled") == 3 && stats.Number("leased") == 0, "each was settled");
        await Host.PurgeAsync(queue);
        (await node.WaitForExitAsync(TimeSpan.FromSeconds(10))).Should().Be(0, $"{node}");
    }

    private string Url(string queue) => $"http://127.0.0.1:{Host.Port}/c/{queue}";

    private static ChildProcess Start(string program, params IEnumerable<string> arguments) =>
        new(program, arguments, $"These tests need {program} on the PATH (test/run.sh installs it).");

    /// <summary>Each message comes as it is posted; at the end of the stream the client ends well.</summary>
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
