using System.Collections.Concurrent;
using System.Diagnostics;
using RestMq.Stores;
using Xunit.Abstractions;
using static RestMq.Deadline;

namespace RestMq.Redis.Topologies;

/// <summary>Hosts follow the primary that the sentinels name, and no other.</summary>
[Collection(TopologyCollection.Name)]
public sealed class SentinelFailoverTests(ITestOutputHelper output)
{
    private static readonly QueueName Queue = QueueName.Parse("orders");

    [Fact]
    public async Task PlannedFailover_UnderLoad_LosesNothing()
    {
        await using var servers = await SentinelTopology.LaunchAsync();
        await using var load = new Load(servers.Configuration, Queue);
        await load.MoreAsync(20);

        await FailOverAsync(servers);
        await load.MoreAsync(50);

        var lost = await load.LostAsync();
        output.WriteLine($"{load.Acknowledged} acknowledged, {lost.Count} lost, {load.Failures.Count} failed, silent for {load.LongestSilence}");
        foreach (var failure in load.Failures.Distinct()) output.WriteLine(failure);
        lost.Should().BeEmpty();
    }

    [Fact]
    public async Task Crash_OldPrimaryComesBackAsPrimary_GetsNoCall()
    {
        await using var servers = await SentinelTopology.LaunchAsync();
        await using var load = new Load(servers.Configuration, Queue);
        await load.MoreAsync(20);
        var old = servers.Servers[0];
        var before = load.Acknowledged;

        await old.Redis.KillAsync();
        await servers.WaitForFailoverAsync(old);
        await load.MoreAsync(20);
        await old.StartAsync();
        (await old.Redis.InfoAsync("replication", "role")).Should().Be("master", "otherwise nobody is tempted");
        await load.MoreAsync(50);
        var calls = await old.Redis.InfoAsync("commandstats", "cmdstat_evalsha");

        calls.Should().BeNull("a deposed primary is never returned to");
        var lost = await load.LostAsync();
        output.WriteLine($"{load.Acknowledged} acknowledged ({before} before the crash), {lost.Count} lost, silent for {load.LongestSilence}");
        // What Redis had not replicated when it died is gone; that is the last moment's, and no more.
        lost.Count.Should().BeLessThan(10);
    }

    [Fact]
    public async Task Partition_HostOnTheOldPrimarysSide_StopsWithinTheTimeOfTrust()
    {
        await using var servers = await SentinelTopology.LaunchAsync();
        await using var load = new Load(servers.Configuration, Queue);
        await load.MoreAsync(20);
        var old = servers.Servers[0];

        servers.Partition([old], hosts: [Environment.ProcessId]);
        var start = Stopwatch.GetTimestamp();
        // The time of trust, and some more for a busy machine; a failover takes at least the half second after which
        // a primary counts as down.
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2)) await Task.Delay(20);
        var calls = await old.Redis.InfoAsync("commandstats", "cmdstat_evalsha");
        var acknowledged = load.Acknowledged;
        await servers.WaitForFailoverAsync(old);
        await Until(() => load.Failures.Any(failure => failure.Contains("of 3 sentinels answer")));

        (await old.Redis.InfoAsync("replication", "role")).Should().Be("master", "otherwise it would refuse by itself");
        (await old.Redis.InfoAsync("commandstats", "cmdstat_evalsha")).Should().Be(calls, "a host that the sentinels cannot reach asks nothing of its server");
        load.Acknowledged.Should().Be(acknowledged);

        servers.Heal();
        await load.MoreAsync(20);
    }

    [Fact]
    public async Task TwoPrimaries_OnlyTheNamedOneIsWrittenTo()
    {
        await using var servers = await SentinelTopology.LaunchAsync();
        await using var load = new Load(servers.Configuration, Queue);
        await load.MoreAsync(20);
        var old = servers.Servers[0];

        // The hosts and the sentinels see both servers, but the old primary is out of reach for the sentinels.
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
        await using var load = new Load(servers.Configuration);
        var heard = new ConcurrentQueue<QueueHint>();
        await Until(async () => (await load.Stores[0].CheckAsync(default)).Failure is null);
        await using var listening = await load.Stores[0].ListenAsync(Queue, heard.Enqueue, default);

        await FailOverAsync(servers);
        await Until(() => !heard.IsEmpty);
        heard.Should().AllBeEquivalentTo(QueueHint.Changed, "the listener is told that wake-ups may have been missed");
        await Until(async () => (await load.Stores[1].CheckAsync(default)).Failure is null);
        await load.Stores[1].PurgeAsync(Queue, default);

        await Until(() => heard.Contains(QueueHint.Purged));
    }

    // The roles of all servers are settled some ten seconds later, which is not waited for here.
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
                return 0; // In the middle of the failover, or on a busy machine.
            }
        }
    }
}
