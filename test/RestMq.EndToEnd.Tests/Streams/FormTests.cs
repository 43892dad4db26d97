using static RestMq.EndToEnd.Streams.Readers.LiveActions;

namespace RestMq.EndToEnd.Streams;

/// <summary>Tests the exact bytes of the streams, and the limit on their number.</summary>
public sealed class FormTests(MemoryHost fixture) : IClassFixture<MemoryHost>
{
    private RestMqHost Host => fixture.Host;

    [Fact]
    public async Task Stream_Lines_HasExactBytes()
    {
        var queue = Host.NextQueue();
        await using var stream = await CometStream.OpenAsync(Host.Port, $"/c/{queue}");
        IsUnbuffered(stream.Head, "text/plain");
        await WhoBeginsAtTheBeginningReadsAsync(
            queue, "", "Accept: */*", """{"missed":1}""", $$"""{"key":"{{queue}}:2","value":"two","count":1,"id":2}""");
    }

    [Fact]
    public async Task Stream_JsonpLines_HasExactBytes()
    {
        var queue = Host.NextQueue();
        await using var stream = await CometStream.OpenAsync(Host.Port, $"/c/{queue}?callback=app.on.message");
        IsUnbuffered(stream.Head, "application/javascript");
        await WhoBeginsAtTheBeginningReadsAsync(
            queue, "&callback=f", "Accept: */*", """f({"missed":1});""", $$"""f({"key":"{{queue}}:2","value":"two","count":1,"id":2});""");
        (await stream.NextLineAsync()).Should().Be($$"""app.on.message({"key":"{{queue}}:1","value":"one","count":1,"id":1});""");
    }

    [Fact]
    public async Task Stream_Events_HasExactBytes()
    {
        var queue = Host.NextQueue();
        await using var stream = await CometStream.OpenAsync(Host.Port, $"/c/{queue}", null, "Accept: text/event-stream");
        IsUnbuffered(stream.Head, "text/event-stream");
        (await stream.NextLineAsync()).Should().Be("retry: 1000", "the first byte comes before any message");
        await WhoBeginsAtTheBeginningReadsAsync(
            queue, "", "Accept: text/event-stream",
            "retry: 1000", ": connected", "id: 0", "",
            "event: missed", "data: 1", "",
            "id: 2", $$"""data: {"key":"{{queue}}:2","value":"two","count":1,"id":2}""", "");
    }

    [Fact]
    public async Task Stream_Opened_ReportsLastEventIdFirst()
    {
        var queue = Host.NextQueue();
        await using var first = await CometStream.OpenAsync(Host.Port, $"/c/{queue}", null, "Accept: text/event-stream");
        first.Head.Header("Last-Event-ID").Should().Be("0");
        await Host.PostAllAsync(queue, ["one", "two"]);
        await Host.HasAsync(queue, stats => stats.Number("settled") == 2, "both messages are delivered");

        await using var events = await CometStream.OpenAsync(Host.Port, $"/c/{queue}", null, "Accept: text/event-stream");
        foreach (var line in new[] { "retry: 1000", ": connected", "id: 2", "" }) (await events.NextLineAsync()).Should().Be(line);
        await using var lines = await CometStream.OpenAsync(Host.Port, $"/c/{queue}");
        lines.Head.Header("Last-Event-ID").Should().Be("2");
        await using var leased = await CometStream.OpenAsync(Host.Port, $"/c/{queue}?lease=5");
        leased.Head.Header("Last-Event-ID").Should().BeNull("an acknowledged stream has no place in the history");
    }

    [Fact]
    public async Task Stream_MaxConsumersReached_Returns429()
    {
        await using var host = await RestMqHost.StartAsync(StoreKind.Memory, null, "--RestMq:MaxConsumers=3");
        var queue = host.NextQueue();
        var streams = new List<LiveStream>();
        foreach (var transport in Transports) streams.Add(await host.StreamAsync(transport, queue));
        foreach (var headers in new[] { [], ["Accept: text/event-stream"], SocketStream.Upgrade("dGhlIHNhbXBsZSBub25jZQ==") })
        {
            var refused = await host.AskAsync($"GET /c/{queue}", "", headers);
            refused.IsProblem(429, "full");
            refused.Header("Retry-After").Should().Be("1");
        }
        await using var other = await host.StreamAsync(Transport.Lines, queue + "x");
        await streams[0].DisposeAsync();
        await host.HasConsumersAsync(queue, 2);
        await using var instead = await host.StreamAsync(Transport.Socket, queue);
        foreach (var stream in streams) await stream.DisposeAsync();
    }

    private static void IsUnbuffered(RawReply head, string type)
    {
        head.MediaType.Should().Be(type);
        head.Header("Transfer-Encoding").Should().Be("chunked");
        head.Header("X-Accel-Buffering").Should().Be("no");
        head.FollowsTheRules();
    }

    /// <summary>
    /// Opens a stream at the earliest message and compares its lines. The history keeps one of two messages, so the
    /// stream begins with a gap, and one message follows.
    /// </summary>
    private async Task WhoBeginsAtTheBeginningReadsAsync(string queue, string query, string accept, params string[] lines)
    {
        await Host.SettingAsync(queue, "history=1");
        await Host.PostAllAsync(queue, ["one", "two"]);
        await Host.HasAsync(queue, stats => stats.Number("settled") == 2, "both messages are delivered");
        await using var early = await CometStream.OpenAsync(Host.Port, $"/c/{queue}?from=earliest{query}", null, accept);
        foreach (var line in lines) (await early.NextLineAsync()).Should().Be(line);
    }
}
