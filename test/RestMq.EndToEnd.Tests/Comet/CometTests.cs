using System.Diagnostics;

namespace RestMq.EndToEnd.Comet;

/// <summary>Tests live streams: <c>GET /c/{queue}</c>.</summary>
public abstract partial class CometTests(HostFixture fixture)
{
    private RestMqHost Host => fixture.Host;

    [Fact]
    public async Task Stream_NewQueue_SendsHeadersAtOnce()
    {
        var queue = Host.NextQueue();
        var clock = Stopwatch.StartNew();
        await using var stream = await Host.ListenAsync(queue);
        clock.Elapsed.TotalSeconds.Should().BeLessThan(1);
        stream.Head.MediaType.Should().Be("text/plain");
        stream.Head.Header("Transfer-Encoding").Should().Be("chunked");
        stream.Head.FollowsTheRules();

        await Host.PostAsync(queue, "first");
        (await stream.NextLineAsync()).Should().Be($$"""{"key":"{{queue}}:1","value":"first","count":1,"id":1}""");
    }

    [Fact]
    public async Task Stream_EachMessage_IsOneChunkAndOneLine()
    {
        var queue = Host.NextQueue();
        await using var stream = await Host.ListenAsync(queue);
        for (var i = 1; i <= 5; i++)
        {
            await Host.PostAsync(queue, $"m{i}");
            (await stream.NextLineAsync()).Should().Be($$"""{"key":"{{queue}}:{{i}}","value":"m{{i}}","count":1,"id":{{i}}}""");
            stream.Chunks.Should().Be(i);
        }
        (await Host.StatsAsync(queue)).Number("len").Should().Be(0, "delivered messages are deleted");
    }

    [Fact]
    public async Task Stream_Callback_SendsJsonpLines()
    {
        var queue = Host.NextQueue();
        await using var stream = await CometStream.OpenAsync(Host.Port, $"/c/{queue}?callback=cb");
        await Host.PostAllAsync(queue, ["one", "two"]);
        (await stream.NextLineAsync()).Should().Be($$"""cb({"key":"{{queue}}:1","value":"one","count":1,"id":1});""");
        (await stream.NextLineAsync()).Should().Be($$"""cb({"key":"{{queue}}:2","value":"two","count":1,"id":2});""");
    }

    [Fact]
    public async Task Stream_ValueWithLineBreaks_IsOneLine()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"POST /q/{queue}", "{\"a\":\r\n[1,\n2]}", "Content-Type: application/json")).Is(200);
        await Host.PostAsync(queue, "x\r\ny\n");
        await using var stream = await Host.ListenAsync(queue);
        (await stream.NextLineAsync()).Should().Be($$"""{"key":"{{queue}}:1","value":{"a":[1,2]},"count":1,"id":1}""");
        (await stream.NextAsync()).Text("value").Should().Be("x\r\ny\n");
    }

    [Theory]
    [InlineData("broadcast", 35, 2)]
    [InlineData("broadcast", 2000, 10)]
    [InlineData("roundrobin", 35, 2)]
    [InlineData("roundrobin", 2000, 10)]
    public async Task Stream_Backlog_IsDeliveredAtOnceInOrder(string policy, int count, int seconds)
    {
        var queue = Host.NextQueue();
        await Host.SetPolicyAsync(queue, policy);
        var values = Numbered(count);
        await Host.PostAllAsync(queue, values);
        var clock = Stopwatch.StartNew();
        await using var stream = await Host.ListenAsync(queue);
        (await stream.NextValuesAsync(count)).Should().Equal(values);
        clock.Elapsed.TotalSeconds.Should().BeLessThan(seconds);
    }

    [Fact]
    public async Task Stream_UnicodeName_DeliversAndEnds()
    {
        var queue = Host.NextQueue() + "-café☃";
        await using var stream = await Host.ListenAsync(queue);
        await Host.PostAsync(queue, "m1");
        var message = await stream.NextAsync();
        (message.Text("key"), message.Text("value")).Should().Be(($"{queue}:1", "m1"));
        (await Host.AskAsync($"DELETE /q/{QueueActions.InUrl(queue)}")).Is(200);
        await stream.EndsAsync();
    }

    [Fact]
    public async Task Stream_NameWithSamePrefix_IsSeparate()
    {
        var queue = Host.NextQueue();
        await using var stream = await Host.ListenAsync(queue);
        await Host.PostAsync(queue + "2", "theirs");
        await Host.PostAsync(queue, "ours");
        (await stream.NextValuesAsync(1)).Should().Equal("ours");
    }

    [Fact]
    public async Task Stream_Http10Client_GetsUnchunkedLines()
    {
        var queue = Host.NextQueue();
        await using var connection = await Host.ConnectAsync();
        await connection.SendAsync($"GET /c/{queue} HTTP/1.0\r\n\r\n");
        var head = await connection.ReadHeadAsync();
        head.Is(200).Header("Transfer-Encoding").Should().BeNull();
        await Host.PostAllAsync(queue, ["one", "two"]);
        (await connection.ReadLineAsync()).Should().Be($$"""{"key":"{{queue}}:1","value":"one","count":1,"id":1}""");
        (await connection.ReadLineAsync()).Should().Be($$"""{"key":"{{queue}}:2","value":"two","count":1,"id":2}""");
        (await Host.AskAsync($"DELETE /q/{queue}")).Is(200);
        await connection.EndsAsync();
    }

    [Fact]
    public async Task Stream_Post_Returns405() =>
        (await Host.AskAsync($"POST /c/{Host.NextQueue()}", "value=x")).Is(405);

    private static string[] Numbered(int count) => [.. Enumerable.Range(0, count).Select(i => $"m{i}")];

    public sealed class OnMemory(MemoryHost host) : CometTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : CometTests(host), IClassFixture<RedisHost>;
}
