using RestMq.EndToEnd.ScaleOut;
using static RestMq.EndToEnd.Streams.Readers.LiveActions;

namespace RestMq.EndToEnd.Outages;

/// <summary>
/// Tests that streams stay open and resume by themselves when Redis is killed by SIGKILL and restarted.
/// </summary>
public sealed class RedisRestartTests : IAsyncLifetime
{
    private readonly ThreeHosts _site = new();

    private RestMqHost[] Hosts => _site.Hosts;

    public Task InitializeAsync() => _site.InitializeAsync();

    public Task DisposeAsync() => _site.DisposeAsync();

    [Theory]
    [InlineData("broadcast")]
    [InlineData("roundrobin")]
    public async Task Add_RedisKilledAndRestarted_LosesNoAcknowledgedMessage(string policy)
    {
        await Hosts[0].SetPolicyAsync("q", policy);
        var streams = new List<LiveStream>();
        for (var i = 0; i < 6; i++) streams.Add(await Hosts[i % 2].StreamAsync(Transports[i / 2], "q"));
        // With broadcast, each consumer sees every message. With round robin, only all consumers together do.
        var together = new ReceivedNumbers();
        var seen = streams.Select(_ => policy == "broadcast" ? new ReceivedNumbers() : together).ToArray();
        var reading = streams.Select((stream, i) => Task.Run(() => stream.ReadAllAsync(seen[i].Add))).ToArray();

        using var stop = new CancellationTokenSource();
        var acknowledged = new ReceivedNumbers();
        var posting = Enumerable.Range(0, 3).Select(hand => Task.Run(() => PostAsync(hand, acknowledged, stop.Token))).ToArray();
        await Eventually.TrueAsync(() => Task.FromResult(acknowledged.Numbers.Count > 300), "messages flow");
        await _site.Redis.KillAsync();
        await Eventually.TrueAsync(async () => (await Hosts[0].AskAsync("GET /stats/q")).Status == 503,
            "the hosts notice that Redis is down");
        var before = acknowledged.Numbers.Count;
        await _site.Redis.StartAsync();
        await Eventually.TrueAsync(() => Task.FromResult(acknowledged.Numbers.Count > before + 300), "messages flow again", seconds: 20);
        await stop.CancelAsync();
        await Task.WhenAll(posting);

        foreach (var one in seen.Distinct()) await one.HaveAllAsync(acknowledged.Numbers);
        if (policy == "broadcast") foreach (var one in seen) one.Numbers.Should().OnlyHaveUniqueItems();
        var lost = seen.Distinct().Sum(one => acknowledged.Numbers.Except(one.Numbers).Count());
        lost.Should().Be(0);
        Measured.Say(
            $"Redis restarted under {policy}: {acknowledged.Numbers.Count} messages acknowledged, {lost} lost, " +
            $"{seen.Distinct().Sum(one => one.Numbers.Count - one.Numbers.Distinct().Count())} repeated");
        await Hosts[0].PurgeAsync("q");
        await Task.WhenAll(reading);
        foreach (var stream in streams) await stream.DisposeAsync();
    }

    private async Task PostAsync(int hand, ReceivedNumbers acknowledged, CancellationToken stop)
    {
        await using var connection = await Hosts[hand].ConnectAsync();
        for (var number = hand; !stop.IsCancellationRequested; number += 3)
        {
            var reply = await connection.AskAsync("POST /q/q", $"value={number}");
            reply.Status.Should().BeOneOf(200, 503);
            if (reply.Status == 200) acknowledged.Add(number);
        }
    }
}
