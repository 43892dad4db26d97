using System.Collections.Concurrent;
using System.Diagnostics;
using RestMq.Stores;
using Xunit.Abstractions;
using static RestMq.Deadline;

namespace RestMq.Redis.Topologies;

/// <summary>Verifies that hosts use only the primary that the sentinels name.</summary>
[Collection(TopologyCollection.Name), Trait("Runs", "alone")]
public sealed class SentinelFailoverTests(ITestOutputHelper output)
{
    private static readonly QueueName Queue = QueueName.Parse("orders");

    [Fact]
    public async Task PlannedFailover_UnderLoad_LosesNothing()
    {
        await using var servers = await SentinelTopology.LaunchAsync();
        await using var load = new ProducerLoad(servers.Configuration, Queue);
        await load.MoreAsync(20);

        await FailOverAsync(servers);
        await load.MoreAsync(50);

        var lost = await load.LostAsync();
        output.WriteLine($"{load.Acknowledged} acknowledged, {lost.Count} lost, {load.Failures.Count} failed, silent for {load.LongestSilence}");
        foreach (var failure in load.Failures.Distinct()) output.WriteLine(failure);
        lost.Should().BeEmpty();
    }

    [Fact]
    public async Task Crash_OldPrimaryRestartsAsPrimary_GetsNoCall()
    {
        await using var servers = await SentinelTopology.LaunchAsync();
        await using var load = new ProducerLoad(servers.Configuration, Queue);
        await load.MoreAsync(20);
        var old = servers.Servers[0];
        var before = load.Acknowledged;

        await old.Redis.KillAsync();
        await servers.WaitForFailoverAsync(old);
        await load.MoreAsync(20);
        await old.StartAsync();
        (await old.Redis.InfoAsync("replication", "role"))
            .Should().Be("master", "the old primary must still take writes");
        await load.MoreAsync(50);
        var calls = await old.Redis.InfoAsync("commandstats", "cmdstat_evalsha");

        calls.Should().BeNull("a host never returns to a deposed primary");
        var lost = await load.LostAsync();
        output.WriteLine($"{load.Acknowledged} acknowledged ({before} before the crash), {lost.Count} lost, silent for {load.LongestSilence}");
        // Writes that Redis had not replicated when it died are lost. These are only the writes of the last moment.
        lost.Count.Should().BeLessThan(10);
    }

    [Fact]
    public async Task Partition_HostWithOldPrimary_StopsWithinTheTrustTime()
    {
        await using var servers = await SentinelTopology.LaunchAsync();
        await using var load = new ProducerLoad(servers.Configuration, Queue);
        await load.MoreAsync(20);
        var old = servers.Servers[0];

        servers.Partition([old], hosts: [Environment.ProcessId]);
        var start = Stopwatch.GetTimestamp();
        // Waits for the trust time and some more for a busy machine. A failover takes at least the 0.5 s after which a
        // primary counts as down.
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2)) await Task.Delay(20);
        var calls = await old.Redis.InfoAsync("commandstats", "cmdstat_evalsha");
        var acknowledged = load.Acknowledged;
        await servers.WaitForFailoverAsync(old);
        await Until(() => load.Failures.Any(failure => failure.Contains("of 3 sentinels answer")));

        (await old.Redis.InfoAsync("replication", "role"))
            .Should().Be("master", "the old primary must still take writes");
        (await old.Redis.InfoAsync("commandstats", "cmdstat_evalsha"))
            .Should().Be(calls, "a host without a majority of sentinels sends nothing to its server");
        load.Acknowledged.Should().Be(acknowledged);

        servers.Heal();
        await load.MoreAsync(20);
    }

    [Fact]
    public async Task Write_TwoPrimaries_GoesOnlyToTheOneSentinelsName()
    {
        await using var servers = await SentinelTopology.LaunchAsync();
        await using var load = new ProducerLoad(servers.Configuration, Queue);
        await load.MoreAsync(20);
        var old = servers.Servers[0];

        // The hosts reach both servers. The sentinels do not reach the old primary.
        old.Proxy.Set(client => ConnectionOwner.IsOneOf([Environment.ProcessId], client) ? ProxyMode.Open : ProxyMode.Stall);
        await servers.WaitForFailoverAsync(old);
        await load.MoreAsync(20);

        (await old.Redis.InfoAsync("replication", "role")).Should().Be("master");
        var calls = await old.Redis.InfoAsync("commandstats", "cmdstat_evalsha");
        await load.MoreAsync(50);
        (await old.Redis.InfoAsync("commandstats", "cmdstat_evalsha")).Should().Be(calls);
        (await servers.Servers[1].Redis.InfoAsync("commandstats", "cmdstat_evalsha")).Should().NotBeNull();
    }

    [Fact]
    public async Task Failover_Listener_HearsOnTheNewPrimary()
    {
        await using var servers = await SentinelTopology.LaunchAsync();
        await using var load = new ProducerLoad(servers.Configuration);
        var heard = new ConcurrentQueue<QueueWakeUp>();
        await Until(async () => (await load.Stores[0].CheckAsync(default)).Failure is null);
        await using var listening = await load.Stores[0].ListenAsync(Queue, heard.Enqueue, default);

        await FailOverAsync(servers);
        await Until(() => !heard.IsEmpty);
        heard.Should().AllBeEquivalentTo(QueueWakeUp.Changed, "the store reports that wake-ups may have been missed");
        await Until(async () => (await load.Stores[1].CheckAsync(default)).Failure is null);
        await load.Stores[1].DeleteQueueAsync(Queue, default);

        await Until(() => heard.Contains(QueueWakeUp.Purged));
    }

    // The roles of all servers are stable about 10 s later. The tests do not wait for that.
    private static async Task FailOverAsync(SentinelTopology servers)
    {
        await servers.RequestFailoverAsync();
        await servers.WaitForFailoverAsync(servers.Servers[0]);
    }

    [Fact]
    public async Task BlockingConnection_Failover_FollowsThePrimary()
    {
        await using var servers = await SentinelTopology.LaunchAsync();
        using var metrics = new RestMq.Telemetry.QueueMetrics(Microsoft.Extensions.Options.Options.Create(new RestMqOptions()));
        await using var connection = new RedisConnection(
            new RedisStoreOptions { Configuration = servers.Configuration }, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, metrics);
        await Until(async () => await PortAsync() == servers.Servers[0].Proxy.Port);
        (await connection.BlockingConnectionAsync(default)).Should().BeSameAs(await connection.BlockingConnectionAsync(default));

        await FailOverAsync(servers);

        await Until(async () => await PortAsync() == servers.Servers[1].Proxy.Port);

        async Task<int> PortAsync()
        {
            try
            {
                var blocking = await connection.BlockingConnectionAsync(default);
                var main = await connection.DoAsync(one => Task.FromResult(one), default);
                blocking.Should().NotBeSameAs(main);
                return ((System.Net.IPEndPoint)blocking.GetEndPoints().Single()).Port;
            }
            catch (RestMqUnavailableException)
            {
                return 0; // The failover is still in progress, or the machine is busy.
            }
        }
    }
}
