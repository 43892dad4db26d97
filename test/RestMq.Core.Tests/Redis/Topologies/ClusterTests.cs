using System.Collections.Concurrent;
using RestMq.Stores;
using Xunit.Abstractions;
using static RestMq.Deadline;

namespace RestMq.Redis.Topologies;

/// <summary>
/// Verifies failovers and slot migrations of a cluster. A call is retried if its failure proves that nothing was
/// executed. Wake-ups move with their slot.
/// </summary>
[Collection(TopologyCollection.Name), Trait("Runs", "alone")]
public sealed class ClusterTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly QueueName Queue = QueueName.Parse("orders");
    private static readonly QueueName Other = QueueName.Parse("bills");
    private static readonly string Tag = $"{{{Queue}}}";

    private ClusterTopology _cluster = null!;

    public async Task InitializeAsync() => _cluster = await ClusterTopology.LaunchAsync(new ClusterOptions { NodeTimeout = TimeSpan.FromSeconds(1) });

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task PlannedFailover_UnderLoad_NothingFails()
    {
        await using var load = new ProducerLoad(_cluster.Configuration, Queue, Other);
        await load.MoreAsync(20);
        var before = load.Failures.Count; // Failures while the stores connected on a busy machine.

        await _cluster.FailoverAsync(await _cluster.PrimaryOfAsync(await _cluster.SlotOfAsync(Tag)));
        await load.MoreAsync(50);

        await AssertNothingLostAsync(load);
        load.Failures.Skip(before).Should().BeEmpty();
    }

    [Fact]
    public async Task Migration_PausedHalfWayUnderLoad_NothingFails()
    {
        await using var load = new ProducerLoad(_cluster.Configuration, Queue, Other);
        await load.MoreAsync(20);
        var before = load.Failures.Count;
        var slot = await _cluster.SlotOfAsync(Tag);
        var source = await _cluster.PrimaryOfAsync(slot);
        var migration = await _cluster.BeginMigrationAsync(slot, _cluster.Nodes.Take(3).First(node => node != source));

        await migration.MoveKeysAsync(1);
        await load.MoreAsync(20); // The adds of the other queue.
        await Task.Delay(TimeSpan.FromSeconds(2)); // Longer than the retries of a call.
        await migration.FinishAsync();
        await load.MoreAsync(50);

        await AssertNothingLostAsync(load);
        load.Failures.Skip(before).Should().BeEmpty();
        load.Stores[0].Description.Should().Contain($"{migration.Target.Redis.Port}");
    }

    [Fact]
    public async Task WakeUps_OnShardedChannels_MoveWithTheSlot()
    {
        await using var load = new ProducerLoad(_cluster.Configuration);
        var heard = new ConcurrentQueue<QueueWakeUp>();
        await Until(async () => (await load.Stores[0].CheckAsync(default)).Failure is null && (await load.Stores[1].CheckAsync(default)).Failure is null);
        await using var listening = await load.Stores[0].ListenAsync(Queue, heard.Enqueue, default);
        var slot = await _cluster.SlotOfAsync(Tag);
        var source = await _cluster.PrimaryOfAsync(slot);
        (await SubscribersAsync(source)).Should().Be(1);
        await HearsAsync();

        var target = _cluster.Nodes.Take(3).First(node => node != source);
        await _cluster.MigrateAsync(slot, target);
        await Until(async () => await SubscribersAsync(target) == 1);
        await HearsAsync();
        heard.Clear();

        await target.Redis.KillAsync();
        var successor = await _cluster.WaitForSuccessorAsync(slot, target);
        await Until(async () => await SubscribersAsync(successor) == 1);
        // Nothing was published, but the store reports that wake-ups may have been missed.
        await Until(() => heard.Contains(QueueWakeUp.Changed));
        await HearsAsync();

        async Task HearsAsync()
        {
            heard.Clear();
            await Until(async () => await PurgedAsync());
            await Until(() => heard.Contains(QueueWakeUp.Purged));
        }

        async Task<bool> PurgedAsync()
        {
            try
            {
                await load.Stores[1].DeleteQueueAsync(Queue, default);
                return true;
            }
            catch (RestMqUnavailableException)
            {
                return false; // The failover is still in progress.
            }
        }

        async Task<long> SubscribersAsync(ClusterNode node) => (long)((object?[])(await node.Redis.AskAsync("PUBSUB", "SHARDNUMSUB", $"restmq:{Tag}:wake"))!)[1]!;
    }

    [Fact]
    public async Task PrimaryKilled_WithReplica_ContinuesAndReportsSlotsUnavailable()
    {
        await using var load = new ProducerLoad(_cluster.Configuration, Queue, Other);
        await load.MoreAsync(20);
        var slot = await _cluster.SlotOfAsync(Tag);
        var first = await _cluster.PrimaryOfAsync(slot);

        await first.Redis.KillAsync();
        await Until(async () => (await load.Stores[0].CheckAsync(default)).Facts.TryGetValue("slots_away", out var away) && (string)away != "");
        await _cluster.WaitForSuccessorAsync(slot, first);
        await load.MoreAsync(50);
        await Until(async () => (await load.Stores[0].CheckAsync(default)).Facts.TryGetValue("slots_away", out var away) && (string)away == "");
        await load.EndAsync();

        await _cluster.KillShardAsync(slot);
        await Until(async () => (await load.Stores[0].CheckAsync(default)) is { Failure: null, Warnings: var warnings }
            && warnings.Any(warning => warning.StartsWith("slots ") && warning.Contains("have no primary that takes writes")));
        var report = await load.Stores[0].CheckAsync(default);
        output.WriteLine(string.Join(Environment.NewLine, report.Warnings));
        ((string)report.Facts["slots_away"]).Split('-').Should().HaveCount(2, "the slots of one shard are a range");
    }

    private async Task AssertNothingLostAsync(ProducerLoad load)
    {
        var lost = await load.LostAsync();
        output.WriteLine($"{load.Acknowledged} acknowledged, {lost.Count} lost, {load.Failures.Count} failed, silent for {load.LongestSilence}");
        foreach (var failure in load.Failures.Distinct()) output.WriteLine(failure);
        lost.Should().BeEmpty();
    }
}
