using System.Diagnostics;
using static RestMq.Live.Streams.LiveActions;

namespace RestMq.Live.Daemons;

/// <summary>Consumers spread over three daemons are consumers of one queue.</summary>
public sealed class ScaleOutTests(ThreeDaemons daemons) : IClassFixture<ThreeDaemons>
{
    private RestMqHost[] Hosts => daemons.Hosts;

    [Fact]
    public async Task Broadcast_is_complete_and_in_one_order_on_each()
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
    public async Task Roundrobin_is_disjoint_and_complete()
    {
        var queue = Hosts[0].NextQueue();
        await Hosts[0].SetPolicyAsync(queue, "roundrobin");
        var streams = await SpreadAsync(queue, each: 2);
        var seen = new Sightings();
        var reading = streams.Select(stream => Task.Run(() => stream.ReadAllAsync(seen.Add))).ToArray();
        await Task.WhenAll(Hosts.Select((host, hand) => host.PostEachAsync(queue, Enumerable.Range(hand * 100, 100).Select(i => $"{i}"))));
        await Hosts[0].HasAsync(queue, stats => stats.Number("settled") == 300, "all are delivered");
        await Hosts[0].PurgeAsync(queue);
        await Task.WhenAll(reading);
        seen.Numbers.Order().Should().Equal(Enumerable.Range(0, 300));
        await EndAsync(streams);
    }

    [Fact]
    public async Task A_consumer_has_all_that_is_posted_once_it_has_its_headers_wherever_it_is()
    {
        var queue = Hosts[0].NextQueue();
        await using var first = await Hosts[0].StreamAsync(Transport.Lines, queue);
        for (var i = 0; i < 30; i++)
        {
            await using var late = await Hosts[1 + (i % 2)].StreamAsync(Transports[i % 3], queue);
            await Hosts[0].PostAsync(queue, $"{i}");
            var clock = Stopwatch.StartNew();
            (await late.NextValuesAsync(1)).Should().Equal($"{i}");
            clock.Elapsed.TotalSeconds.Should().BeLessThan(2, "a hint brings it, not a poll");
        }
        (await first.NextValuesAsync(30)).Should().Equal(Numbered(30));
    }

    [Fact]
    public async Task Stop_and_start_act_on_all_within_a_second_and_those_who_came_between_miss_nothing()
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
    public async Task A_purge_ends_the_streams_of_all_within_a_second()
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
    public async Task A_change_of_policy_acts_on_all_within_a_second()
    {
        var queue = Hosts[0].NextQueue();
        var streams = await SpreadAsync(queue, each: 1);
        await Hosts[0].SetPolicyAsync(queue, "roundrobin");
        await Hosts[0].PostAllAsync(queue, Numbered(30));
        await Hosts[0].HasAsync(queue, stats => stats.Number("settled") == 30, "each was delivered to one", seconds: 1);
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
    public async Task A_message_may_be_settled_on_another_daemon_which_frees_its_place_at_once()
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

    /// <summary>So many consumers on each daemon, over transports in turn.</summary>
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
