using System.Text;
using static RestMq.Live.Streams.LiveActions;

namespace RestMq.Live.Contract;

/// <summary>What only a WebSocket does: commands go in, replies come out in between, and it has a goodbye.</summary>
public abstract class SocketTests(HostFixture fixture)
{
    private RestMqHost Host => fixture.Host;

    [Fact]
    public async Task Commands_are_answered_in_order()
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
    public async Task A_command_is_of_this_queue_unless_it_names_another_and_a_wrong_one_is_told()
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
    public async Task What_it_holds_it_settles_itself()
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
    public async Task Large_messages_and_replies_do_not_mix()
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
    public async Task A_command_may_come_in_parts_with_a_ping_between()
    {
        await using var socket = await Host.SocketAsync(Host.NextQueue());
        await socket.SendAsync(SocketStream.Text, """{"cmd":"add","value":"caf"""u8.ToArray(), last: false);
        await socket.SendAsync(SocketStream.Ping, "?"u8.ToArray());
        await socket.SendAsync(SocketStream.Continuation, [0xc3], last: false);
        await socket.SendAsync(SocketStream.Continuation, [0xa9, .. "\"}"u8]);
        (await socket.NextReplyAsync()).Text("value").Should().Be("café");
    }

    [Fact]
    public async Task A_binary_frame_closes_with_1003()
    {
        var queue = Host.NextQueue();
        await using var socket = await Host.SocketAsync(queue);
        await socket.SendAsync(SocketStream.Binary, [1, 2, 3]);
        (await socket.ReadCloseAsync()).Should().Be(1003);
        await Host.HasConsumersAsync(queue, 0);
    }

    [Fact]
    public async Task A_command_that_is_too_large_closes_with_1009()
    {
        var queue = Host.NextQueue();
        await using var socket = await Host.SocketAsync(queue);
        await socket.SendAsync(SocketStream.Text, Encoding.UTF8.GetBytes($$"""{"cmd":"add","value":"{{new string('x', 4 * 1024 * 1024)}}"}"""));
        (await socket.ReadCloseAsync()).Should().Be(1009);
        await Host.HasConsumersAsync(queue, 0);
        (await Host.StatsAsync(queue)).Number("added").Should().Be(0);
    }

    [Fact]
    public async Task A_close_is_answered()
    {
        var queue = Host.NextQueue();
        await using var socket = await Host.SocketAsync(queue);
        await socket.SendAsync(SocketStream.Close, [1000 >> 8, 1000 & 0xff]);
        (await socket.ReadCloseAsync()).Should().Be(1000);
        await Host.HasConsumersAsync(queue, 0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?lease=300&prefetch=100")]
    public async Task Whoever_closes_in_the_middle_of_messages_and_commands_is_gone(string query)
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
        await Host.HasAsync(queue, stats => stats.Number("leased") == 0, "nothing is left with those who have gone");
    }

    [Fact]
    public async Task Ws_is_a_socket_and_nothing_else()
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
