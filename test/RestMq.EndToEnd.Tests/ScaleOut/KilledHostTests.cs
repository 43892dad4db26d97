using static RestMq.EndToEnd.Streams.Readers.LiveActions;

namespace RestMq.EndToEnd.ScaleOut;

/// <summary>Tests a host that is killed by SIGKILL while messages flow.</summary>
public sealed class KilledHostTests : IAsyncLifetime
{
    private const int Count = 300;
    private readonly ThreeHosts _site = new();

    private RestMqHost[] Hosts => _site.Hosts;

    public Task InitializeAsync() => _site.InitializeAsync();

    public Task DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task RoundRobin_HostKilled_LosesNothing()
    {
        await Hosts[0].SetPolicyAsync("q", "roundrobin");
        var seen = new ReceivedNumbers();
        var streams = new List<LiveStream>();
        for (var i = 0; i < 9; i++) streams.Add(await Hosts[i % 3].StreamAsync(Transports[i / 3], "q"));
        var reading = streams.Select(stream => Task.Run(() => stream.ReadAllAsync(seen.Add))).ToArray();
        await Hosts[0].PostEachAsync("q", Numbered(Count), after: KillOneAsync);
        await seen.HaveAllAsync(Enumerable.Range(0, Count));
        await Hosts[0].HasAsync("q", stats => stats.Number("settled") == Count, "all messages are settled");
        (seen.Numbers.Count - Count).Should().BeInRange(0, 90,
            "only messages that the killed host was writing may repeat");
        await Hosts[0].PurgeAsync("q");
        await Task.WhenAll(reading);
        foreach (var stream in streams) await stream.DisposeAsync();
    }

    [Fact]
    public async Task Broadcast_HostKilled_ReconnectMissesNothing()
    {
        var reading = Enumerable.Range(0, 9).Select(i => Task.Run(() => ReadAsync(Transports[i / 3], at: i % 3))).ToArray();
        foreach (var host in Hosts) await host.HasConsumersAsync("q", 3);
        await Hosts[0].PostEachAsync("q", Numbered(Count), after: KillOneAsync);
        foreach (var seen in await Task.WhenAll(reading)) seen.Should().Equal(Enumerable.Range(0, Count));
    }

    private async Task KillOneAsync(int posted)
    {
        if (posted == Count / 2) await Hosts[2].Process.KillAsync();
    }

    /// <summary>
    /// Reads all messages. When the host is killed, resumes on another host after the last message that it has read.
    /// </summary>
    private async Task<List<int>> ReadAsync(Transport transport, int at)
    {
        var seen = new List<int>();
        var last = "";
        while (seen.Count < Count)
        {
            await using var stream = await Hosts[at].StreamAsync(transport, "q", last);
            try
            {
                while (seen.Count < Count)
                {
                    var message = await stream.NextAsync();
                    seen.Add(NumberOf(message));
                    last = $"?last_event_id={message.Number("id")}";
                }
            }
            catch (Exception e) when (e is EndOfStreamException or System.Net.Sockets.SocketException)
            {
                at = (at + 1) % 3;
            }
        }
        return seen;
    }
}
