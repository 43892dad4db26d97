using System.Collections.Concurrent;

namespace RestMq.EndToEnd.ScaleOut;

/// <summary>Tests that two hosts on one Redis serve the same queues.</summary>
public sealed class TwoHostsTests : IAsyncLifetime
{
    private const int Total = 100_000;
    private const int Hands = 8;
    private const int Share = Total / Hands;
    private const int Batch = 100;

    private RedisServer _redis = null!;
    private RestMqHost[] _hosts = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.LaunchAsync();
        _hosts = [await RestMqHost.StartAsync(StoreKind.Redis, _redis), await RestMqHost.StartAsync(StoreKind.Redis, _redis)];
    }

    public async Task DisposeAsync()
    {
        foreach (var host in _hosts) await host.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Take_HundredThousandOnTwoHosts_DeliversEachOnce()
    {
        var taken = new ConcurrentQueue<int>();
        var producers = Enumerable.Range(0, Hands).Select(hand => Task.Run(() => ProduceAsync(hand))).ToArray();
        var consumers = Enumerable.Range(0, Hands).Select(hand => Task.Run(() => ConsumeAsync(hand, taken))).ToArray();
        await Task.WhenAll([.. producers, .. consumers]).WaitAsync(TimeSpan.FromSeconds(50));

        taken.Should().HaveCount(Total, "no message is taken twice");
        taken.ToHashSet().Count.Should().Be(Total, "no message is lost");
        await FirstInFirstOutAsync();
        await Eventually.TrueAsync(async () => (await _redis.KeysAsync()).Where(key => !key.Contains(":sent:"))
                .SequenceEqual(["restmq:format", "restmq:queues", "restmq:{load}:meta"]),
            "no other key is left in Redis");
    }

    [Fact]
    public async Task Add_OnOneHost_ReachesWaitersAndStreamsOnOther()
    {
        var queue = _hosts[0].NextQueue();
        await using var stream = await _hosts[1].ListenAsync(queue);
        await _hosts[1].HasConsumersAsync(queue, 1);
        await _hosts[0].PostAsync(queue, "streamed");
        (await stream.NextValuesAsync(1)).Should().Equal("streamed");

        await using var waiting = await _hosts[1].ConnectAsync();
        await waiting.SendAsync(RawRequest.Write($"GET /q/{queue}-w?wait=10"));
        await _hosts[0].PostAsync(queue + "-w", "waited for");
        (await waiting.ReadReplyAsync()).Is(200).Json.Text("value").Should().Be("waited for");

        (await _hosts[0].AskAsync($"DELETE /q/{queue}")).Is(200);
        await stream.EndsAsync();
    }

    [Fact]
    public async Task Broadcast_TwoHosts_DeliversAllInOrder()
    {
        var queue = _hosts[0].NextQueue();
        await using var a = await _hosts[0].ListenAsync(queue);
        await using var b = await _hosts[1].ListenAsync(queue);
        foreach (var host in _hosts) await host.HasConsumersAsync(queue, 1);
        var values = Enumerable.Range(0, 300).Select(i => $"m{i}").ToArray();
        for (var i = 0; i < 300; i++) await _hosts[i % 2].PostAsync(queue, values[i]);
        (await a.NextValuesAsync(300)).Should().Equal(values);
        (await b.NextValuesAsync(300)).Should().Equal(values);
    }

    [Fact]
    public async Task RoundRobin_TwoHosts_IsDisjointAndComplete()
    {
        var queue = _hosts[0].NextQueue();
        await _hosts[0].SetPolicyAsync(queue, "roundrobin");
        await using var a = await _hosts[0].ListenAsync(queue);
        await using var b = await _hosts[1].ListenAsync(queue);
        foreach (var host in _hosts) await host.HasConsumersAsync(queue, 1);
        var found = new ConcurrentQueue<int>();
        var readers = new[] { a, b }.Select(stream => Task.Run(async () =>
        {
            while (await stream.NextLineAsync() is { } line) found.Enqueue(int.Parse(RawReply.ParseJson(line).Text("value")!));
        })).ToArray();
        for (var i = 0; i < 500; i++) await _hosts[i % 2].PostAsync(queue, $"{i}");
        await Eventually.TrueAsync(() => Task.FromResult(found.Count >= 500), "all messages are delivered");
        (await _hosts[0].AskAsync($"DELETE /q/{queue}")).Is(200);
        await Task.WhenAll(readers);
        found.Order().Should().Equal(Enumerable.Range(0, 500));
    }

    [Fact]
    public async Task Stop_OnOneHost_PausesStreamsOnOther()
    {
        var queue = _hosts[0].NextQueue();
        await using var stream = await _hosts[1].ListenAsync(queue);
        await _hosts[0].PostAsync(queue, "before");
        (await stream.NextValuesAsync(1)).Should().Equal("before");
        await _hosts[0].StopAsync(queue);
        await _hosts[1].PostAllAsync(queue, ["taken", "kept"]);
        (await _hosts[1].TakeValueAsync(queue)).Should().Be("taken");
        await _hosts[0].StartAsync(queue);
        (await stream.NextValuesAsync(1)).Should().Equal("kept");
    }

    /// <summary>Adds the share of one producer: most messages in batches, some one by one.</summary>
    private async Task ProduceAsync(int hand)
    {
        await using var connection = await _hosts[hand % 2].ConnectAsync();
        for (var at = 0; at < Share;)
        {
            var number = (hand * Share) + at;
            if (at % 1000 < 50)
            {
                (await connection.AskAsync("POST /q/load", $"value={number}")).Is(200);
                at++;
                continue;
            }
            var count = Math.Min(Batch, Share - at);
            var lines = string.Concat(Enumerable.Range(number, count).Select(i => $"\"{i}\"\n"));
            (await connection.AskAsync("POST /q/load", lines, "Content-Type: application/x-ndjson")).Is(200).Lines.Should().HaveCount(count);
            at += count;
        }
    }

    private async Task ConsumeAsync(int hand, ConcurrentQueue<int> taken)
    {
        await using var connection = await _hosts[(hand / 2) % 2].ConnectAsync();
        while (taken.Count < Total)
        {
            var reply = await connection.AskAsync($"GET /q/load?max={Batch}&wait=1");
            if (reply.Status == 204) continue;
            foreach (var line in reply.Is(200).Lines) taken.Enqueue(int.Parse(RawReply.ParseJson(line).Text("value")!));
        }
    }

    private async Task FirstInFirstOutAsync()
    {
        for (var i = 0; i < 400; i++) await _hosts[i % 2].PostAsync("load", $"{i}");
        for (var i = 0; i < 400; i++) (await _hosts[(i / 3) % 2].TakeValueAsync("load")).Should().Be($"{i}");
        await _hosts[0].IsEmptyAsync("load");
    }
}
