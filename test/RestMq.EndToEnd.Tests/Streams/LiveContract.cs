using System.Diagnostics;
using static RestMq.EndToEnd.Streams.Readers.LiveActions;

namespace RestMq.EndToEnd.Streams;

/// <summary>
/// Tests the promises of every live stream (docs/reference/http-api.md, "Live streams"), for each transport on each
/// store.
/// </summary>
public abstract partial class LiveContract(HostFixture fixture, Transport transport)
{
    private RestMqHost Host => fixture.Host;

    private Task<LiveStream> OpenAsync(string queue, string query = "", int? receiveBuffer = null, params string[] headers) =>
        Host.StreamAsync(transport, queue, query, receiveBuffer, headers);

    [Fact]
    public async Task Stream_Opened_SendsHeadersAndMessagesAtOnce()
    {
        var queue = Host.NextQueue();
        await using var stream = await OpenAsync(queue);
        for (var i = 1; i <= 5; i++)
        {
            await Host.PostAsync(queue, $"m{i}");
            var clock = Stopwatch.StartNew();
            (await stream.NextAsync()).GetRawText().Should().Be($$"""{"key":"{{queue}}:{{i}}","value":"m{{i}}","count":1,"id":{{i}}}""");
            clock.Elapsed.TotalSeconds.Should().BeLessThan(2);
        }
        await Host.HasAsync(queue, stats => stats.Number("len") == 0, "delivered messages are deleted");
    }

    [Fact]
    public async Task Broadcast_SeveralProducers_DeliversOnceInOneOrder()
    {
        var queue = Host.NextQueue();
        await using var a = await OpenAsync(queue);
        await using var b = await OpenAsync(queue);
        var posting = Task.WhenAll(
            Enumerable.Range(0, 3).Select(hand => Host.PostEachAsync(queue, Numbered(100, $":{hand}")))
                .Append(Host.PostAllAsync(queue, Numbered(700, ":many"))));
        foreach (var messages in new[] { await a.NextAsync(1000), await b.NextAsync(1000) })
        {
            messages.Select(message => message.Text("key")).Should().Equal(Enumerable.Range(1, 1000).Select(i => $"{queue}:{i}"));
            messages.Select(message => message.Number("id")).Should().Equal(Enumerable.Range(1, 1000).Select(i => (long)i));
            foreach (var hand in messages.GroupBy(message => message.Text("value")!.Split(':')[1])) hand.Select(NumberOf).Should().BeInAscendingOrder();
        }
        await posting;
    }

    [Fact]
    public async Task RoundRobin_TwoConsumers_TakesTurns()
    {
        var queue = Host.NextQueue();
        await Host.SetPolicyAsync(queue, "roundrobin");
        await using var a = await OpenAsync(queue);
        await using var b = await OpenAsync(queue);
        await Host.PostAllAsync(queue, Numbered(20));
        var shares = new[] { await a.NextAsync(10), await b.NextAsync(10) }.Select(share => share.Select(NumberOf).ToArray()).ToArray();
        foreach (var share in shares) share.Should().Equal(Enumerable.Range(0, 10).Select(i => share[0] + (2 * i)), "consumers take turns");
        shares.SelectMany(share => share).Order().Should().Equal(Enumerable.Range(0, 20));
        await Host.HasAsync(queue, stats => stats.Number("settled") == 20 && stats.Number("leased") == 0,
            "delivered messages are settled");
    }

    [Fact]
    public async Task Stop_ThenStart_ResumesOldAndNewStreams()
    {
        var queue = Host.NextQueue();
        await using var before = await OpenAsync(queue);
        await Host.PostAsync(queue, "one");
        (await before.NextValuesAsync(1)).Should().Equal("one");
        await Host.StopAsync(queue);
        await using var meanwhile = await OpenAsync(queue);
        await Host.PostAllAsync(queue, ["taken", "kept", "kept too"]);
        (await Host.TakeValueAsync(queue)).Should().Be("taken", "GET works while streams are paused");
        var clock = Stopwatch.StartNew();
        await Host.StartAsync(queue);
        foreach (var stream in new[] { before, meanwhile }) (await stream.NextValuesAsync(2)).Should().Equal("kept", "kept too");
        clock.Elapsed.TotalSeconds.Should().BeLessThan(1);
    }

    [Fact]
    public async Task Purge_SeveralStreams_EndsOnlyThoseOfTheQueue()
    {
        var queue = Host.NextQueue();
        await using var plain = await OpenAsync(queue);
        await using var holder = await OpenAsync(queue, "?lease=30");
        await using var other = await OpenAsync(queue + "x");
        await Host.PurgeAsync(queue);
        foreach (var stream in new[] { plain, holder })
        {
            await stream.EndsAsync();
            if (stream is SocketStream socket) socket.CloseStatus.Should().Be(1000);
        }
        await Host.HasConsumersAsync(queue, 0);
        await Host.PostAsync(queue + "x", "still here");
        (await other.NextValuesAsync(1)).Should().Equal("still here");
        await Host.PostAsync(queue, "after");
        (await Host.TakeValueAsync(queue)).Should().Be("after", "no live consumer is left");
    }

    [Fact]
    public async Task Policy_ChangedUnderLoad_LosesAndRepeatsNothing()
    {
        var queue = Host.NextQueue();
        await using var a = await OpenAsync(queue);
        await using var b = await OpenAsync(queue);
        var reading = new[] { a, b }.Select(ReadToLastAsync).ToArray();
        await Host.PostEachAsync(queue, Numbered(400), async posted =>
        {
            if (posted % 50 == 0) await Host.SetPolicyAsync(queue, posted % 100 == 50 ? "roundrobin" : "broadcast");
        });
        await Host.PostAsync(queue, "-1:last"); // The policy is broadcast again, so both streams get this message.
        var seen = await Task.WhenAll(reading);
        foreach (var one in seen) one.Should().OnlyHaveUniqueItems();
        seen.SelectMany(one => one).Distinct().Order().Should().Equal(Enumerable.Range(0, 400));

        static async Task<List<int>> ReadToLastAsync(LiveStream stream)
        {
            var seen = new List<int>();
            for (var number = NumberOf(await stream.NextAsync()); number >= 0; number = NumberOf(await stream.NextAsync())) seen.Add(number);
            return seen;
        }
    }

    [Fact]
    public async Task Stream_AnyMessage_IsDeliveredAsSent()
    {
        var queue = Host.NextQueue();
        await using var stream = await OpenAsync(queue);
        string[] texts = ["", "日本語 🎉 e\u0301 \u2028", "a\r\n\r\ndata: b\tc\0\u001f", new string('é', 512 * 1024), new string('x', 1024 * 1024), "\"'</script>\\"];
        foreach (var text in texts.Skip(1)) await Host.PostAsync(queue, text);
        (await stream.NextValuesAsync(texts.Length - 1)).Should().Equal(texts.Skip(1));

        (await Host.AskAsync($"POST /q/{queue}", """{"a":[1,2.50,"é"]}""", "Content-Type: application/json")).Is(200);
        (await stream.NextAsync()).GetProperty("value").GetRawText().Should().Be("""{"a":[1,2.50,"é"]}""");
        (await Host.AskAsync($"POST /q/{queue}", [0, 255, 13, 10], "Content-Type: image/png")).Is(200);
        var binary = await stream.NextAsync();
        (binary.Text("value"), binary.Text("encoding"), binary.Text("type")).Should().Be(("AP8NCg==", "base64", "image/png"));
    }

    [Fact]
    public async Task Stream_HeartbeatInterval_IsKept()
    {
        var queue = Host.NextQueue();
        var clock = Stopwatch.StartNew();
        await using var stream = await OpenAsync(queue, "?heartbeat=1");
        (await stream.ReadAsync())!.Kind.Should().Be(ItemKind.Heartbeat);
        (await stream.ReadAsync())!.Kind.Should().Be(ItemKind.Heartbeat);
        clock.Elapsed.TotalSeconds.Should().BeInRange(1.9, 5);
        await Host.PostAsync(queue, "between");
        (await stream.NextValuesAsync(1)).Should().Equal("between");
        (await stream.ReadAsync())!.Kind.Should().Be(ItemKind.Heartbeat);
    }

    public sealed class LinesOnMemory(MemoryHost host) : LiveContract(host, Transport.Lines), IClassFixture<MemoryHost>;

    public sealed class LinesOnRedis(RedisHost host) : LiveContract(host, Transport.Lines), IClassFixture<RedisHost>;

    public sealed class EventsOnMemory(MemoryHost host) : LiveContract(host, Transport.Events), IClassFixture<MemoryHost>;

    public sealed class EventsOnRedis(RedisHost host) : LiveContract(host, Transport.Events), IClassFixture<RedisHost>;

    public sealed class SocketOnMemory(MemoryHost host) : LiveContract(host, Transport.Socket), IClassFixture<MemoryHost>;

    public sealed class SocketOnRedis(RedisHost host) : LiveContract(host, Transport.Socket), IClassFixture<RedisHost>;
}
