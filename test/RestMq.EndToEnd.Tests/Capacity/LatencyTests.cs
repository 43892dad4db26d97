using System.Diagnostics;

namespace RestMq.EndToEnd.Capacity;

/// <summary>Measures how soon a message arrives. The comments name bugs of the original (see <c>BugTests</c>).</summary>
public abstract class LatencyTests(HostFixture fixture)
{
    private RestMqHost Host => fixture.Host;

    [Theory]
    [InlineData("broadcast")]
    [InlineData("roundrobin")]
    public async Task Stream_MessageAdded_ArrivesWithin100Ms(string policy)
    {
        var queue = Host.NextQueue();
        await Host.SetPolicyAsync(queue, policy);
        await using var stream = await Host.ListenAsync(queue);
        await using var producer = await Host.ConnectAsync();
        var middle = await Eventually.MedianAsync(21, async i =>
        {
            var clock = Stopwatch.StartNew();
            (await producer.AskAsync($"POST /q/{queue}", $"value={i}")).Is(200);
            (await stream.NextAsync()).Text("value").Should().Be($"{i}");
            return clock.Elapsed;
        });
        middle.TotalMilliseconds.Should().BeLessThan(100);
    }

    // Bug 10 of the original.
    [Fact]
    public async Task Add_ByJsonProtocol_IsDeliveredWithin100Ms()
    {
        var queue = Host.NextQueue();
        await using var stream = await Host.ListenAsync(queue);
        await Host.HasConsumersAsync(queue, 1);
        await Host.PostAsync(queue, "warm");
        await stream.NextLineAsync();
        var middle = await Eventually.MedianAsync(11, async _ =>
        {
            var clock = Stopwatch.StartNew();
            (await Host.CommandAsync($$"""{"cmd":"add","queue":"{{queue}}","value":"j"}""")).Is(200);
            await stream.NextLineAsync();
            return clock.Elapsed;
        });
        middle.TotalMilliseconds.Should().BeLessThan(100);
    }

    // Bug 10 of the original.
    [Fact]
    public async Task Start_WithBacklog_DeliversWithin100Ms()
    {
        var queue = Host.NextQueue();
        await using var stream = await Host.ListenAsync(queue);
        await Host.HasConsumersAsync(queue, 1);
        var middle = await Eventually.MedianAsync(7, async i =>
        {
            await Host.StopAsync(queue);
            await Host.PostAsync(queue, $"m{i}");
            var clock = Stopwatch.StartNew();
            await Host.StartAsync(queue);
            (await stream.NextValuesAsync(1)).Should().Equal($"m{i}");
            return clock.Elapsed;
        });
        middle.TotalMilliseconds.Should().BeLessThan(100);
    }

    // Bug 11 of the original.
    [Fact]
    public async Task Stream_UnicodeName_DeliversWithin100Ms()
    {
        var queue = Host.NextQueue() + "-café";
        await using var stream = await Host.ListenAsync(queue);
        await Host.HasConsumersAsync(queue, 1);
        var middle = await Eventually.MedianAsync(7, async i =>
        {
            var clock = Stopwatch.StartNew();
            await Host.PostAsync(queue, $"m{i}");
            (await stream.NextValuesAsync(1)).Should().Equal($"m{i}");
            return clock.Elapsed;
        });
        middle.TotalMilliseconds.Should().BeLessThan(100);
        (await Host.AskAsync($"DELETE /q/{QueueActions.InUrl(queue)}")).Is(200);
        await stream.EndsAsync();
    }

    [Fact]
    public async Task Take_WaitingWhenMessageAdded_IsAnsweredWithin100Ms()
    {
        var queue = Host.NextQueue();
        var middle = await Eventually.MedianAsync(11, async i =>
        {
            await using var waiting = await Host.ConnectAsync();
            await waiting.SendAsync(RawRequest.Write($"GET /q/none-{queue},{queue}?wait=30"));
            await Task.Delay(30); // Lets the request reach its wait. The test passes either way.
            await Host.PostAsync(queue, $"m{i}");
            var clock = Stopwatch.StartNew();
            (await waiting.ReadReplyAsync()).Is(200).Json.Text("value").Should().Be($"m{i}");
            return clock.Elapsed;
        });
        middle.TotalMilliseconds.Should().BeLessThan(100);
    }

    [Collection(Alone.Name), Trait(Alone.Trait, Alone.Name)]
    public sealed class OnMemory(MemoryHost host) : LatencyTests(host), IClassFixture<MemoryHost>;

    [Collection(Alone.Name), Trait(Alone.Trait, Alone.Name)]
    public sealed class OnRedis(RedisHost host) : LatencyTests(host), IClassFixture<RedisHost>;
}
