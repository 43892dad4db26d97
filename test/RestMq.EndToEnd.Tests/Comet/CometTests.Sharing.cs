using System.Collections.Concurrent;

namespace RestMq.EndToEnd.Comet;

/// <summary>Tests several live consumers of a queue, among them a consumer that stops reading.</summary>
public abstract partial class CometTests
{
    [Fact]
    public async Task Broadcast_TwoConsumers_DeliversAllInOrder()
    {
        var queue = Host.NextQueue();
        await using var a = await Host.ListenAsync(queue);
        await using var b = await Host.ListenAsync(queue);
        await Host.HasConsumersAsync(queue, 2);
        var values = Numbered(500);
        await Host.PostAllAsync(queue, values);
        (await a.NextValuesAsync(500)).Should().Equal(values);
        (await b.NextValuesAsync(500)).Should().Equal(values);
    }

    [Fact]
    public async Task RoundRobin_ThreeConsumers_TakesTurns()
    {
        var queue = Host.NextQueue();
        var streams = await ThreeAsync(queue);
        var shares = new List<string>[] { [], [], [] };
        for (var round = 0; round < 20; round++)
        {
            await Host.PostAllAsync(queue, [$"{round}a", $"{round}b", $"{round}c"]);
            for (var i = 0; i < 3; i++) shares[i].AddRange(await streams[i].NextValuesAsync(1));
        }
        foreach (var share in shares) share.Should().Equal(Enumerable.Range(0, 20).Select(round => $"{round}{share[0][^1]}"));
        shares.SelectMany(share => share).Should().OnlyHaveUniqueItems();
        foreach (var stream in streams) await stream.DisposeAsync();
    }

    [Fact]
    public async Task RoundRobin_Burst_IsDisjointCompleteAndOrdered()
    {
        var queue = Host.NextQueue();
        var streams = await ThreeAsync(queue);
        var shares = streams.Select(_ => new ConcurrentQueue<int>()).ToArray();
        var reading = streams.Zip(shares).Select(pair => Task.Run(async () =>
        {
            while (await pair.First.NextLineAsync() is { } line) pair.Second.Enqueue(int.Parse(RawReply.ParseJson(line).Text("value")!));
        })).ToArray();
        await Host.PostAllAsync(queue, Enumerable.Range(0, 1000).Select(i => $"{i}"));
        await Eventually.TrueAsync(() => Task.FromResult(shares.Sum(share => share.Count) >= 1000),
            "all messages are delivered");
        (await Host.AskAsync($"DELETE /q/{queue}")).Is(200);
        await Task.WhenAll(reading);
        foreach (var share in shares) share.Should().BeInAscendingOrder().And.NotBeEmpty();
        shares.SelectMany(share => share).Order().Should().Equal(Enumerable.Range(0, 1000));
        foreach (var stream in streams) await stream.DisposeAsync();
    }

    [Fact]
    public async Task RoundRobin_ConsumerLeaves_ContinuesWithRemaining()
    {
        var queue = Host.NextQueue();
        await Host.SetPolicyAsync(queue, "roundrobin");
        await using var stays = await Host.ListenAsync(queue);
        await using (var leaves = await Host.ListenAsync(queue))
        {
            await Host.HasConsumersAsync(queue, 2);
            await Host.PostAllAsync(queue, ["a", "b"]);
            string[] both = [.. await leaves.NextValuesAsync(1), .. await stays.NextValuesAsync(1)];
            both.Should().BeEquivalentTo("a", "b");
            leaves.Kill();
        }
        await Host.HasConsumersAsync(queue, 1);
        var values = Numbered(50);
        await Host.PostAllAsync(queue, values);
        (await stays.NextValuesAsync(50)).Should().Equal(values);
    }

    [Fact]
    public async Task RoundRobin_HungConsumerKilled_LosesOnlyBufferedMessages()
    {
        var queue = Host.NextQueue();
        await Host.SetPolicyAsync(queue, "roundrobin");
        var hangs = await Host.ListenAsync(queue, receiveBuffer: 4096);
        await Host.HasConsumersAsync(queue, 1);
        const int Count = 16;
        var large = new string('x', 1_000_000);
        for (var i = 0; i < Count; i++) await Host.PostAsync(queue, $"{i}:{large}");
        var delivered = 0L;
        await Eventually.TrueAsync(
            async () =>
            {
                delivered = await SettledAsync();
                await Task.Delay(500);
                return delivered == await SettledAsync();
            },
            "the buffers of the consumer are full");
        delivered.Should().BeLessThan(8, "the buffers of two sockets hold fewer than eight messages");

        hangs.Kill();
        await Host.HasConsumersAsync(queue, 0);
        await Eventually.TrueAsync(async () => (await Host.StatsAsync(queue)).Number("leased") == 0,
            "the undelivered messages are no longer in flight");
        (await SettledAsync()).Should().Be(delivered, "a message that was being written does not count as delivered");
        for (var i = delivered; i < Count; i++) (await Host.TakeValueAsync(queue)).Should().StartWith($"{i}:", "the messages return in order");

        async Task<long> SettledAsync() => (await Host.StatsAsync(queue)).Number("settled");
    }

    [Fact]
    public async Task Broadcast_HungConsumer_DoesNotDelayOthers()
    {
        var queue = Host.NextQueue();
        await using var hangs = await Host.ListenAsync(queue, receiveBuffer: 4096);
        await using var reads = await Host.ListenAsync(queue);
        await Host.HasConsumersAsync(queue, 2);
        var large = new string('x', 256 * 1024);
        var reading = Task.Run(async () => (await reads.NextValuesAsync(64)).Select(v => int.Parse(v.Split(':')[0])).ToArray());
        for (var i = 0; i < 64; i++) await Host.PostAsync(queue, $"{i}:{large}");
        (await reading).Should().Equal(Enumerable.Range(0, 64));
    }

    private async Task<CometStream[]> ThreeAsync(string queue)
    {
        await Host.SetPolicyAsync(queue, "roundrobin");
        CometStream[] streams = [await Host.ListenAsync(queue), await Host.ListenAsync(queue), await Host.ListenAsync(queue)];
        await Host.HasConsumersAsync(queue, 3);
        return streams;
    }
}
