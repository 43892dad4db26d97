using System.Diagnostics;
using System.Text.Json;
using static RestMq.EndToEnd.Streams.Readers.LiveActions;

namespace RestMq.EndToEnd.Streams;

/// <summary>Tests acknowledged streams: each message is leased to the consumer until it is settled.</summary>
public abstract partial class LiveContract
{
    [Theory]
    [InlineData("broadcast", "its URL")]
    [InlineData("roundrobin", "the JSON protocol")]
    [InlineData("roundrobin", "a WebSocket")]
    public async Task Settle_EachWay_AcksMessage(string policy, string way)
    {
        var queue = Host.NextQueue();
        await Host.SetPolicyAsync(queue, policy);
        await using var socket = await Host.SocketAsync(queue + "x");
        await using var stream = await OpenAsync(queue, "?lease=30&prefetch=2");
        await Host.PostAllAsync(queue, Numbered(5));
        for (var i = 0; i < 5; i++)
        {
            var message = await stream.NextAsync();
            message.GetRawText().Should().Be($$"""{"key":"{{queue}}:{{i + 1}}","value":"{{i}}","count":1,"receipt":"{{queue}}:{{i + 1}}.1"}""");
            var command = $$"""{"cmd":"del","queue":"{{queue}}","receipt":"{{message.Text("receipt")}}"}""";
            if (way == "its URL") await Host.AckAsync(queue, message);
            else if (way == "a WebSocket") (await socket.CommandAsync(command)).GetProperty("deleted").GetBoolean().Should().BeTrue();
            else (await Host.CommandAsync(command)).Is(200).Json.GetProperty("deleted").GetBoolean().Should().BeTrue();
        }
        var stats = await Host.StatsAsync(queue);
        (stats.Number("settled"), stats.Number("leased"), stats.Number("len")).Should().Be((5, 0, 0));
    }

    [Fact]
    public async Task Stream_PrefetchReached_WaitsForSettlement()
    {
        var queue = Host.NextQueue();
        await using var stream = await OpenAsync(queue, "?lease=30&prefetch=3");
        await Host.PostAllAsync(queue, Numbered(12));
        var held = new Queue<JsonElement>(await stream.NextAsync(3));
        for (var next = 3; next < 12; next++)
        {
            var stats = await Host.StatsAsync(queue);
            (stats.Number("leased"), stats.Number("ready")).Should().Be((3, 12 - next),
                "no further message is in flight");
            await Host.AckAsync(queue, held.Dequeue());
            var clock = Stopwatch.StartNew();
            held.Enqueue(await stream.NextAsync());
            NumberOf(held.Last()).Should().Be(next);
            clock.Elapsed.TotalSeconds.Should().BeLessThan(0.9, "a wake-up frees the place, not a slow poll");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stream_ConsumerLeaves_ReturnsUnsettledMessages(bool reset)
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, Numbered(7));
        var stream = await OpenAsync(queue, "?lease=300&prefetch=5");
        var messages = await stream.NextAsync(3);
        await Host.AckAsync(queue, messages[1]);
        await Host.HasAsync(queue, stats => stats.Number("leased") == 5, "the ack made room for one more message");
        if (reset) stream.Kill();
        else await stream.DisposeAsync();
        await Host.HasAsync(queue, stats => stats.Number("leased") == 0, "all unsettled messages return", seconds: 3);
        (await Host.AskAsync($"DELETE /q/{queue}/{messages[0].Text("receipt")}")).IsProblem(409, "stale-receipt");
        foreach (var number in new[] { 0, 2, 3, 4, 5, 6 }) (await Host.TakeValueAsync(queue)).Should().Be($"{number}", "the messages return in order");
    }

    [Fact]
    public async Task Lease_ExpiredOrExtended_ReturnsOnlyExpired()
    {
        var queue = Host.NextQueue();
        var clock = Stopwatch.StartNew();
        await using var stream = await OpenAsync(queue, "?lease=1.5&prefetch=2");
        await Host.PostAllAsync(queue, ["extended", "expires"]);
        var messages = await stream.NextAsync(2);
        (await Host.AskAsync($"POST /q/{queue}/{messages[0].Text("receipt")}", "lease=60")).Is(204);
        var again = await stream.NextAsync();
        clock.Elapsed.TotalSeconds.Should().BeInRange(1.5, 4.5);
        (again.Text("receipt"), again.Number("count")).Should().Be(($"{queue}:2.2", 2));
        (await Host.AskAsync($"DELETE /q/{queue}/{messages[1].Text("receipt")}")).IsProblem(409, "stale-receipt");
        await Host.AckAsync(queue, again);
        await Host.AckAsync(queue, messages[0]);
    }

    [Fact]
    public async Task Settle_ReleasedOrBuried_RedeliversOnlyReleased()
    {
        var queue = Host.NextQueue();
        await using var stream = await OpenAsync(queue, "?lease=30&prefetch=1");
        await Host.PostAllAsync(queue, ["released", "next"]);
        var message = await stream.NextAsync();
        (await Host.AskAsync($"POST /q/{queue}/{message.Text("receipt")}", "release=0")).Is(204);
        message = await stream.NextAsync();
        (message.Text("value"), message.Number("count")).Should().Be(("released", 2));
        (await Host.AskAsync($"POST /q/{queue}/{message.Text("receipt")}", "bury=bad")).Is(204);
        (await stream.NextValuesAsync(1)).Should().Equal("next");
        (await Host.StatsAsync(queue)).Number("dead").Should().Be(1);
    }

    [Fact]
    public async Task AcknowledgedStream_TwoConsumers_TakeTurns()
    {
        var queue = Host.NextQueue();
        await using var a = await OpenAsync(queue, "?lease=30&prefetch=10");
        await using var b = await OpenAsync(queue, "?lease=30&prefetch=10");
        await Host.PostAllAsync(queue, Numbered(10));
        var shares = new[] { await a.NextAsync(5), await b.NextAsync(5) }.Select(share => share.Select(NumberOf).ToArray()).ToArray();
        foreach (var share in shares) share.Should().Equal(Enumerable.Range(0, 5).Select(i => share[0] + (2 * i)), "consumers take turns");
        shares.SelectMany(share => share).Order().Should().Equal(Enumerable.Range(0, 10));
    }

    [Theory]
    [InlineData("heartbeat=0")]
    [InlineData("heartbeat=3601")]
    [InlineData("heartbeat=often")]
    [InlineData("lease=0")]
    [InlineData("lease=43201")]
    [InlineData("lease=long")]
    [InlineData("lease=30&prefetch=0")]
    [InlineData("lease=30&prefetch=1001")]
    [InlineData("lease=30&prefetch=1.5")]
    [InlineData("prefetch=10")]
    [InlineData("last_event_id=-1")]
    [InlineData("last_event_id=x")]
    [InlineData("from=tomorrow")]
    [InlineData("lease=30&from=earliest")]
    [InlineData("lease=30&last_event_id=3")]
    [InlineData("callback=alert(1)")]
    public async Task Stream_InvalidParameter_Returns400(string query)
    {
        var queue = Host.NextQueue();
        string[] headers = transport switch
        {
            Transport.Lines => [],
            Transport.Events => ["Accept: text/event-stream"],
            _ => SocketStream.Upgrade("dGhlIHNhbXBsZSBub25jZQ=="),
        };
        (await Host.AskAsync($"GET /c/{queue}?{query}", "", headers)).IsProblem(400, "bad-request");
        (await Host.StatsAsync(queue)).Number("consumers").Should().Be(0);
    }
}
