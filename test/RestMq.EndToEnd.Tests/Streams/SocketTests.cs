using System.Text;
using static RestMq.EndToEnd.Streams.Readers.LiveActions;

namespace RestMq.EndToEnd.Streams;

/// <summary>
/// Tests the features that only a WebSocket has: commands, replies between the messages, and close frames.
/// </summary>
public abstract class SocketTests(HostFixture fixture)
{
    private RestMqHost Host => fixture.Host;

    [Fact]
    public async Task Command_Pipelined_IsAnsweredInOrder()
    {
        var queue = Host.NextQueue();
        await using var socket = await Host.SocketAsync(queue);
        await Host.StopAsync(queue);
        for (var i = 0; i < 100; i++) await SendAsync(socket, i % 2 == 0 ? $$"""{"cmd":"add","value":{{i}}}""" : """{"cmd":"len"}""");
        for (var i = 0; i < 100; i++)
        {
            var reply = await socket.NextReplyAsync();
            if (i % 2 == 0) (reply.Text("key"), reply.Number("value")).Should().Be(($"{queue}:{(i / 2) + 1}", i));
            else reply.Number("len").Should().Be((i / 2) + 1);
        }
    }

    [Fact]
    public async Task Command_OtherQueueOrInvalid_IsAnswered()
    {
        var queue = Host.NextQueue();
        await using var socket = await Host.SocketAsync(queue);
        (await socket.CommandAsync("""{"cmd":"add","value":"here"}""")).Text("key").Should().Be($"{queue}:1");
        (await socket.CommandAsync($$"""{"cmd":"add","queue":"{{queue}}x","value":"there"}""")).Text("key").Should().Be($"{queue}x:1");
        foreach (var wrong in new[] { "nonsense", "{}", """{"cmd":"dance"}""", """{"cmd":"add"}""", """{"cmd":"purge"}""", """{"cmd":"queues"}""" })
            (await socket.CommandAsync(wrong)).Text("error").Should().NotBeNullOrEmpty(wrong);
        (await socket.CommandAsync($$"""{"cmd":"take","queue":"{{queue}}x"}""")).Text("value").Should().Be("there");
        (await socket.CommandAsync($$"""{"cmd":"take","queue":"{{queue}}x"}""")).Text("error").Should().Be("empty queue");
        (await socket.NextValuesAsync(1)).Should().Equal("here");
    }

    [Fact]
    public async Task Settle_OverSocket_Succeeds()
    {
        var queue = Host.NextQueue();
        await using var socket = await Host.SocketAsync(queue, "?lease=30&prefetch=1");
        await Host.PostAllAsync(queue, Numbered(4));
        for (var i = 0; i < 4; i++)
        {
            var receipt = (await socket.NextAsync()).Text("receipt");
            (await socket.CommandAsync($$"""{"cmd":"extend","receipt":"{{receipt}}","lease":60}""")).GetProperty("extended").GetBoolean().Should().BeTrue();
            (await socket.CommandAsync($$"""{"cmd":"del","receipt":"{{receipt}}"}""")).GetProperty("deleted").GetBoolean().Should().BeTrue();
        }
        (await Host.StatsAsync(queue)).Number("settled").Should().Be(4);
    }

    [Fact]
    public async Task Command_DuringLargeMessages_RepliesDoNotMix()
    {
        var queue = Host.NextQueue();
        await using var socket = await Host.SocketAsync(queue);
        var large = new string('x', 200_000);
        var posting = Host.PostEachAsync(queue, Numbered(20, ":" + large));
        for (var i = 0; i < 20; i++)
            (await socket.CommandAsync($$"""{"cmd":"add","queue":"{{queue}}x","value":"{{i}}:{{large}}"}""")).Text("value").Should().Be($"{i}:{large}");
        await posting;
        (await socket.NextValuesAsync(20)).Should().Equal(Numbered(20, ":" + large));
    }

    [Fact]
    public async Task Command_FragmentedWithPing_IsAnswered()
    {
        await using var socket = await Host.SocketAsync(Host.NextQueue());
        await socket.SendAsync(SocketStream.Text, """{"cmd":"add","value":"caf"""u8.ToArray(), last: false);
        await socket.SendAsync(SocketStream.Ping, "?"u8.ToArray());
        await socket.SendAsync(SocketStream.Continuation, [0xc3], last: false);
        await socket.SendAsync(SocketStream.Continuation, [0xa9, .. "\"}"u8]);
        (await socket.NextReplyAsync()).Text("value").Should().Be("café");
    }

    [Fact]
    public async Task Frame_Binary_ClosesWith1003()
    {
        var queue = Host.NextQueue();
        await using var socket = await Host.SocketAsync(queue);
        await socket.SendAsync(SocketStream.Binary, [1, 2, 3]);
        (await socket.ReadCloseAsync()).Should().Be(1003);
        await Host.HasConsumersAsync(queue, 0);
    }

    [Fact]
    public async Task Command_TooLarge_ClosesWith1009()
    {
        var queue = Host.NextQueue();
        await using var socket = await Host.SocketAsync(queue);
        await socket.SendAsync(SocketStream.Text, Encoding.UTF8.GetBytes($$"""{"cmd":"add","value":"{{new string('x', 4 * 1024 * 1024)}}"}"""));
        (await socket.ReadCloseAsync()).Should().Be(1009);
        await Host.HasConsumersAsync(queue, 0);
        (await Host.StatsAsync(queue)).Number("added").Should().Be(0);
    }

    [Fact]
    public async Task Close_ByClient_IsAnswered()
    {
        var queue = Host.NextQueue();
        await using var socket = await Host.SocketAsync(queue);
        await socket.SendAsync(SocketStream.Close, [1000 >> 8, 1000 & 0xff]);
        (await socket.ReadCloseAsync()).Should().Be(1000);
        await Host.HasConsumersAsync(queue, 0);
    }

    [Theory]
    [InlineData(1000, "")]
    [InlineData(1001, "going away")]
    [InlineData(1011, "")]
    [InlineData(3000, "")]
    [InlineData(4999, "schön")]
    public async Task Close_StatusOfClient_IsEchoed(int status, string reason)
    {
        var queue = Host.NextQueue();
        await using var socket = await Host.SocketAsync(queue);
        await socket.SendAsync(SocketStream.Close, [(byte)(status >> 8), (byte)status, .. Encoding.UTF8.GetBytes(reason)]);
        (await socket.ReadCloseAsync()).Should().Be(status);
        socket.CloseReason.Should().Be(reason);
        await Host.HasConsumersAsync(queue, 0);
    }

    [Theory]
    [InlineData("restmq", "restmq")]
    [InlineData("chat, restmq", "restmq")]
    [InlineData("chat", null)]
    [InlineData("", null)]
    public async Task Subprotocol_Requested_IsAnsweredWhenKnown(string requested, string? answered)
    {
        string[] headers = requested.Length > 0 ? [$"Sec-WebSocket-Protocol: {requested}"] : [];
        await using var socket = await Host.StreamAsync(Transport.Socket, Host.NextQueue(), headers: headers);
        socket.Head.Header("Sec-WebSocket-Protocol").Should().Be(answered);
    }

    [Theory]
    [InlineData("hello")]
    [InlineData(" zwei ü 日本 ")]
    [InlineData("42")]
    [InlineData("\"quoted\"")]
    [InlineData("[1,2]")]
    [InlineData("{not json")]
    [InlineData("{} {}")]
    public async Task Text_WithEcho_IsAddedAndReturns(string text)
    {
        var queue = Host.NextQueue();
        await using var socket = await Host.SocketAsync(queue, "?echo=1");
        (await socket.CommandAsync(text)).Text("key").Should().Be($"{queue}:1");
        (await socket.NextValuesAsync(1)).Should().Equal(text);
        (await socket.CommandAsync("""{"cmd":"len"}""")).Number("len").Should().Be(0, "an object is a command");
        (await socket.CommandAsync("""{"cmd":"dance"}""")).Text("error").Should().Contain("dance");
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("42")]
    public async Task Text_WithoutEcho_IsRefusedWithAdvice(string text)
    {
        var queue = Host.NextQueue();
        foreach (var query in new[] { "", "?echo=0" })
        {
            await using var socket = await Host.SocketAsync(queue, query);
            (await socket.CommandAsync(text)).Text("error").Should().Contain("?echo=1");
        }
        (await Host.StatsAsync(queue)).Number("added").Should().Be(0);
        (await Host.AskAsync($"GET /c/{queue}?echo=maybe", "", SocketStream.Upgrade("dGhlIHNhbXBsZSBub25jZQ=="))).IsProblem(400, "bad-request");
    }

    [Fact]
    public async Task Text_WithEchoTooLarge_AddsNothing()
    {
        var queue = Host.NextQueue();
        await using var socket = await Host.SocketAsync(queue, "?echo=1");
        (await socket.CommandAsync(new string('x', (1024 * 1024) + 1))).Text("error").Should().Contain("1048576");
        (await Host.StatsAsync(queue)).Number("added").Should().Be(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?lease=300&prefetch=100")]
    public async Task Close_AmidMessagesAndCommands_LeavesNothingInFlight(string query)
    {
        var queue = Host.NextQueue();
        await Host.SetPolicyAsync(queue, "roundrobin");
        for (var i = 0; i < 10; i++)
        {
            await using var socket = await Host.SocketAsync(queue, query);
            await Host.PostAllAsync(queue, Numbered(20, ":" + new string('x', 20_000)));
            await socket.NextAsync();
            for (var j = 0; j < 5; j++) await SendAsync(socket, """{"cmd":"len"}""");
            await socket.SendAsync(SocketStream.Close, [1000 >> 8, 1000 & 0xff]);
            while (await socket.ReadAsync() is not null) { }
            socket.CloseStatus.Should().Be(1000);
        }
        await Host.HasConsumersAsync(queue, 0);
        await Host.HasAsync(queue, stats => stats.Number("leased") == 0, "no message is in flight to a closed socket");
    }

    [Fact]
    public async Task WsRoute_WithoutUpgrade_Returns426()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"GET /ws/{queue}")).IsProblem(426, "upgrade-required");
        await using var socket = await SocketStream.OpenAsync(Host.Port, $"/ws/{queue}");
        await Host.PostAsync(queue, "one");
        (await socket.NextValuesAsync(1)).Should().Equal("one");
    }

    private static Task SendAsync(SocketStream socket, string json) => socket.SendAsync(SocketStream.Text, Encoding.UTF8.GetBytes(json));

    public sealed class OnMemory(MemoryHost host) : SocketTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : SocketTests(host), IClassFixture<RedisHost>;
}
