using System.Diagnostics;
using static RestMq.EndToEnd.Streams.Readers.LiveActions;

namespace RestMq.EndToEnd.ScaleOut;

/// <summary>Tests that consumers on three hosts share one queue.</summary>
public sealed class ScaleOutTests(ThreeHosts site) : IClassFixture<ThreeHosts>
{
    private RestMqHost[] Hosts => site.Hosts;

    [Fact]
    public async Task Broadcast_ThreeHosts_DeliversAllInOneOrder()
    {
        var queue = Hosts[0].NextQueue();
        var streams = await SpreadAsync(queue, each: 2);
        await Task.WhenAll(Hosts.Select((host, hand) => host.PostEachAsync(queue, Numbered(100, $":{hand}"))));
        var first = (await streams[0].NextAsync(300)).Select(message => message.GetRawText()).ToArray();
        first.Should().OnlyHaveUniqueItems();
        foreach (var stream in streams[1..]) (await stream.NextAsync(300)).Select(message => message.GetRawText()).Should().Equal(first);
        await EndAsync(streams);
    }

    [Fact]
    public async Task RoundRobin_ThreeHosts_IsDisjointAndComplete()
    {
        var queue = Hosts[0].NextQueue();
        await Hosts[0].SetPolicyAsync(queue, "roundrobin");
        var streams = await SpreadAsync(queue, each: 2);
        var seen = new ReceivedNumbers();
        var reading = streams.Select(stream => Task.Run(() => stream.ReadAllAsync(seen.Add))).ToArray();
        await Task.WhenAll(Hosts.Select((host, hand) => host.PostEachAsync(queue, Enumerable.Range(hand * 100, 100).Select(i => $"{i}"))));
        await Hosts[0].HasAsync(queue, stats => stats.Number("settled") == 300, "all messages are delivered");
        await Hosts[0].PurgeAsync(queue);
        await Task.WhenAll(reading);
        seen.Numbers.Order().Should().Equal(Enumerable.Range(0, 300));
        await EndAsync(streams);
    }

    [Fact]
    public async Task Stream_HeadersReceived_GetsEveryLaterMessage()
    {
        var queue = Hosts[0].NextQueue();
        await using var first = await Hosts[0].StreamAsync(Transport.Lines, queue);
        for (var i = 0; i < 30; i++)
        {
            await using var late = await Hosts[1 + (i % 2)].StreamAsync(Transports[i % 3], queue);
            await Hosts[0].PostAsync(queue, $"{i}");
            var clock = Stopwatch.StartNew();
            (await late.NextValuesAsync(1)).Should().Equal($"{i}");
            clock.Elapsed.TotalSeconds.Should().BeLessThan(2, "a wake-up delivers it, not a slow poll");
        }
        (await first.NextValuesAsync(30)).Should().Equal(Numbered(30));
    }

    [Fact]
    public async Task Stop_ThenStart_ActsOnAllHostsWithinASecond()
    {
        var queue = Hosts[0].NextQueue();
        var streams = await SpreadAsync(queue, each: 1);
        await Hosts[0].PostAsync(queue, "before");
        foreach (var stream in streams) (await stream.NextValuesAsync(1)).Should().Equal("before");
        await Hosts[0].StopAsync(queue);
        streams.AddRange(await SpreadAsync(queue, each: 1));
        await Hosts[1].PostAllAsync(queue, ["taken", "kept"]);
        (await Hosts[2].TakeValueAsync(queue)).Should().Be("taken");
        var clock = Stopwatch.StartNew();
        await Hosts[1].StartAsync(queue);
        foreach (var stream in streams) (await stream.NextValuesAsync(1)).Should().Equal("kept");
        clock.Elapsed.TotalSeconds.Should().BeLessThan(1);
        await EndAsync(streams);
    }

    [Fact]
    public async Task Purge_ThreeHosts_EndsStreamsWithinASecond()
    {
        var queue = Hosts[0].NextQueue();
        var streams = await SpreadAsync(queue, each: 2);
        var clock = Stopwatch.StartNew();
        await Hosts[1].PurgeAsync(queue);
        foreach (var stream in streams) await stream.EndsAsync();
        clock.Elapsed.TotalSeconds.Should().BeLessThan(1);
        await EndAsync(streams);
    }

    [Fact]
    public async Task Policy_Changed_ActsOnAllHostsWithinASecond()
    {
        var queue = Hosts[0].NextQueue();
        var streams = await SpreadAsync(queue, each: 1);
        await Hosts[0].SetPolicyAsync(queue, "roundrobin");
        await Hosts[0].PostAllAsync(queue, Numbered(30));
        await Hosts[0].HasAsync(queue, stats => stats.Number("settled") == 30,
            "each message is delivered to one consumer", seconds: 1);
        await Hosts[2].SetPolicyAsync(queue, "broadcast");
        var clock = Stopwatch.StartNew();
        await Hosts[1].PostAsync(queue, "-1:for all");
        var seen = new List<int>();
        foreach (var stream in streams)
        {
            for (var number = NumberOf(await stream.NextAsync()); number >= 0; number = NumberOf(await stream.NextAsync())) seen.Add(number);
        }
        clock.Elapsed.TotalSeconds.Should().BeLessThan(1);
        seen.Order().Should().Equal(Enumerable.Range(0, 30));
        await EndAsync(streams);
    }

    [Fact]
    public async Task Settle_OnAnotherHost_FreesPlaceAtOnce()
    {
        var queue = Hosts[0].NextQueue();
        await using var stream = await Hosts[0].StreamAsync(Transport.Events, queue, "?lease=30&prefetch=1");
        await Hosts[1].PostAllAsync(queue, Numbered(5));
        for (var i = 0; i < 5; i++)
        {
            var clock = Stopwatch.StartNew();
            var message = await stream.NextAsync();
            NumberOf(message).Should().Be(i);
            clock.Elapsed.TotalSeconds.Should().BeLessThan(0.9);
            await Hosts[2].AckAsync(queue, message);
        }
    }

    /// <summary>Opens <paramref name="each"/> consumers on each host, over the transports in turn.</summary>
    private async Task<List<LiveStream>> SpreadAsync(string queue, int each)
    {
        var streams = new List<LiveStream>();
        for (var i = 0; i < each * 3; i++) streams.Add(await Hosts[i % 3].StreamAsync(Transports[(i + (i / 3)) % 3], queue));
        return streams;
    }

    private static async Task EndAsync(List<LiveStream> streams)
    {
        foreach (var stream in streams) await stream.DisposeAsync();
    }
}
