using System.Diagnostics;
using System.Globalization;
using RestMq.Hosts;
using RestMq.Stores;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>Verifies that the cost of a queue does not grow with 100,000 queues.</summary>
public sealed class ManyQueuesTests : IAsyncLifetime
{
    private const int Queues = 100_000;

    private readonly RedisFixture _server = new() { Settings = ["--appendonly", "no"] };
    private readonly QueueName[] _queues = [.. Enumerable.Range(0, Queues).Select(n => QueueName.Parse($"q{n:00000}"))];
    private RedisTestHosts _hosts = null!;
    private ConnectionMultiplexer _connection = null!;

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        _hosts = new RedisTestHosts(_server);
        _connection = await ConnectionMultiplexer.ConnectAsync($"{_server.Patient},allowAdmin=true");
    }

    public async Task DisposeAsync()
    {
        await _hosts.DisposeAsync();
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Add_HundredThousandQueues_CostsAboutOneIndexCommandEach()
    {
        var host = _hosts.NewHost();

        var clock = Stopwatch.StartNew();
        await AddToAllAsync(host);
        var first = await IndexCommandsAsync();
        (first / (double)Queues)
            .Should().BeLessThan(1.1, "names are entered in batches, and each queue is checked once");

        await AddToAllAsync(host);
        // If the adds take longer than a minute, each name is entered once more, in batches.
        (await IndexCommandsAsync() - first).Should().BeLessThan(Queues / 10 + (clock.Elapsed.TotalSeconds > 50 ? Queues / 4 : 0));

        await PagesAreQuickAsync(host);
    }

    private async Task PagesAreQuickAsync(TestHost host)
    {
        (await host.Store.ListAllAsync()).Should().Equal(_queues);
        var page = await host.Engine.ListAsync(_queues[50_000 - 1], 1000);
        page.Should().Equal(_queues[50_000..51_000]);

        var clock = Stopwatch.StartNew();
        var stats = await host.Engine.StatsAsync(page);

        stats.Select(one => (one.Queue, one.Ready)).Should().Equal(page.Select(name => (name, 2L)));
        clock.Elapsed.TotalSeconds.Should().BeLessThan(2, "the statistics are read concurrently");
    }

    private Task AddToAllAsync(TestHost host) => Parallel.ForAsync(
        0, Queues, new ParallelOptions { MaxDegreeOfParallelism = 64 },
        async (n, _) => await host.Store.AddAsync(_queues[n], [new NewMessage(MessageBody.FromText("a message"))], default));

    // Returns the number of commands that change or check the index. No add script runs them.
    private async Task<long> IndexCommandsAsync()
    {
        var stats = await _connection.GetServers().Single().InfoAsync("commandstats");
        return stats.Single().Where(line => line.Key is "cmdstat_zadd" or "cmdstat_zrem" or "cmdstat_hexists" or "cmdstat_sadd" or "cmdstat_srem")
            .Sum(line => long.Parse(line.Value.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture));
    }
}
