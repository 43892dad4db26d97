using static RestMq.Live.Streams.LiveActions;

namespace RestMq.Live.Contract;

/// <summary>How the streams stand on the wire, to the byte, and how many there may be.</summary>
public sealed class FormTests(MemoryHost fixture) : IClassFixture<MemoryHost>
{
    private RestMqHost Host => fixture.Host;

    [Fact]
    public async Task Lines()
    {
        var queue = Host.NextQueue();
        await using var stream = await CometStream.OpenAsync(Host.Port, $"/c/{queue}");
        IsUnbuffered(stream.Head, "text/plain");
        await WhoBeginsAtTheBeginningReadsAsync(
            queue, "", "Accept: */*", """{"missed":1}""", $$"""{"key":"{{queue}}:2","value":"two","count":1,"id":2}""");
    }

    [Fact]
    public async Task Jsonp_lines()
    {
        var queue = Host.NextQueue();
        await using var stream = await CometStream.OpenAsync(Host.Port, $"/c/{queue}?callback=app.on.message");
        IsUnbuffered(stream.Head, "application/javascript");
        await WhoBeginsAtTheBeginningReadsAsync(
            queue, "&callback=f", "Accept: */*", """f({"missed":1});""", $$"""f({"key":"{{queue}}:2","value":"two","count":1,"id":2});""");
        (await stream.NextLineAsync()).Should().Be($$"""app.on.message({"key":"{{queue}}:1","value":"one","count":1,"id":1});""");
    }

    [Fact]
    public async Task Events()
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
    public async Task Where_a_stream_begins_is_told_before_its_first_message()
    {
        var queue = Host.NextQueue();
        await using var first = await CometStream.OpenAsync(Host.Port, $"/c/{queue}", null, "Accept: text/event-stream");
        first.Head.Header("Last-Event-ID").Should().Be("0");
        await Host.PostAllAsync(queue, ["one", "two"]);
        await Host.HasAsync(queue, stats => stats.Number("settled") == 2, "both are handed out");

        await using var events = await CometStream.OpenAsync(Host.Port, $"/c/{queue}", null, "Accept: text/event-stream");
        foreach (var line in new[] { "retry: 1000", ": connected", "id: 2", "" }) (await events.NextLineAsync()).Should().Be(line);
        await using var lines = await CometStream.OpenAsync(Host.Port, $"/c/{queue}");
        lines.Head.Header("Last-Event-ID").Should().Be("2");
        await using var leased = await CometStream.OpenAsync(Host.Port, $"/c/{queue}?lease=5");
        leased.Head.Header("Last-Event-ID").Should().BeNull("it has no place in the history");
    }

    [Fact]
    public async Task No_more_consumers_than_may_be()
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

    /// <summary>Of two messages the history keeps one, so there is a gap and a message.</summary>
    private async Task WhoBeginsAtTheBeginningReadsAsync(string queue, string query, string accept, params string[] lines)
    {
        await Host.SettingAsync(queue, "history=1");
        await Host.PostAllAsync(queue, ["one", "two"]);
        await Host.HasAsync(queue, stats => stats.Number("settled") == 2, "both are handed out");
        await using var early = await CometStream.OpenAsync(Host.Port, $"/c/{queue}?from=earliest{query}", null, accept);
        foreach (var line in lines) (await early.NextLineAsync()).Should().Be(line);
    }
}
