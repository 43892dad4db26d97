using RestMq.TestUtilities;

namespace RestMq.Ledger.Servers;

/// <summary>
/// Tests the Redis cluster that the test servers run: failovers, the move of a slot, and the loss of a shard.
/// </summary>
public sealed class ClusterTopologyTests : IAsyncLifetime
{
    private ClusterTopology _topology = null!;

    public async Task InitializeAsync() => _topology = await ClusterTopology.LaunchAsync();

    public async Task DisposeAsync() => await _topology.DisposeAsync();

    [Fact]
    public async Task Failover_PlannedAndKilled_ReplicaServes()
    {
        var slot = await _topology.SlotOfAsync("{q}");
        var first = await _topology.PrimaryOfAsync(slot);
        var second = await _topology.FailoverAsync(first);
        second.Should().NotBe(first);
        (await _topology.PrimaryOfAsync(slot)).Should().Be(second);
        await second.Redis.KillAsync();
        (await _topology.WaitForSuccessorAsync(slot, second)).Should().Be(first);
        await _topology.RestartDeadAsync();
        await _topology.WaitUntilServedAsync();
        (await _topology.ReplicasOfAsync(first)).Should().Equal(second);
    }

    [Fact]
    public async Task Migrate_PausedHalfWay_KeepsEveryKey()
    {
        var slot = await _topology.SlotOfAsync("{q}");
        var source = await _topology.PrimaryOfAsync(slot);
        for (var i = 0; i < 10; i++) await source.Redis.AskAsync("SET", $"{i}{{q}}", $"{i}");
        var target = _topology.Nodes.Take(3).First(node => node != source);
        var migration = await _topology.BeginMigrationAsync(slot, target);
        (await migration.MoveKeysAsync(4)).Should().Be(4);
        (await CountAsync(source)).Should().Be(6);
        (await CountAsync(target)).Should().Be(4);
        await migration.FinishAsync();
        (await CountAsync(target)).Should().Be(10);
        (await _topology.PrimaryOfAsync(slot)).Should().Be(target);
        await _topology.WaitUntilServedAsync();

        async Task<long> CountAsync(ClusterNode node) => (long)(await node.Redis.AskAsync("CLUSTER", "COUNTKEYSINSLOT", $"{slot}"))!;
    }

    [Fact]
    public async Task KillShard_ThenRestart_KeepsKeys()
    {
        var slot = await _topology.SlotOfAsync("{q}");
        var shard = await _topology.PrimaryOfAsync(slot);
        await shard.Redis.AskAsync("SET", "{q}", "kept");
        await _topology.KillShardAsync(slot);
        _topology.Nodes.Count(node => node.Redis.IsRunning).Should().Be(4);
        await _topology.RestartDeadAsync();
        await _topology.WaitUntilServedAsync();
        (await (await _topology.PrimaryOfAsync(slot)).Redis.AskAsync("GET", "{q}")).Should().Be("kept");
    }
}
