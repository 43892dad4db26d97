using RestMq.Ledger.Servers;

namespace RestMq.Ledger.Scenarios;

/// <summary>
/// Runs hosts on a cluster while primaries change, slots move, or a shard is down. The cluster has six nodes, or nine
/// when adds wait for a replica. One queue is on the affected shard, and one is on another shard.
/// </summary>
internal static class ClusterScenarios
{
    private const string Queues = "restmq:queues";

    /// <summary>Runs planned failovers (<c>CLUSTER FAILOVER</c>) of the shard, one after another.</summary>
    public static async Task<IReadOnlyList<Row>> FailoverAsync(TimeSpan time)
    {
        await using var trials = await TwoShards.StartAsync("{a}");
        return await trials.RunAsync("cluster-failover", () => Faults.RepeatAsync(time, Shorter(5, time, 2), FailAsync));

        async Task FailAsync(int done) => await trials.Cluster.FailoverAsync(await trials.Cluster.PrimaryOfAsync(trials.Slot));
    }

    /// <summary>Kills the shard's primary, which comes back as a replica of the node that took over.</summary>
    public static async Task<IReadOnlyList<Row>> KillAsync(TimeSpan time, bool replicated)
    {
        await using var trials = await TwoShards.StartAsync("{a}", replicated);
        var rows = await trials.RunAsync(replicated ? "cluster-kill, replicated" : "cluster-kill", () => Faults.RepeatAsync(time, Shorter(10, time, 4), KillAsync));
        return [rows[0] with { Promised = replicated, RolledBack = true }, rows[1]];

        async Task KillAsync(int done)
        {
            var primary = await trials.Cluster.PrimaryOfAsync(trials.Slot);
            await primary.Redis.KillAsync();
            await trials.Cluster.WaitForSuccessorAsync(trials.Slot, primary);
            await trials.Cluster.RestartDeadAsync();
            await trials.Cluster.WaitUntilServedAsync();
        }
    }

    /// <summary>
    /// Moves the queue's slot from primary to primary in steps. Between the steps its keys are on both primaries.
    /// </summary>
    public static async Task<IReadOnlyList<Row>> ReshardAsync(TimeSpan time)
    {
        await using var trials = await TwoShards.StartAsync("{a}");
        return await trials.RunAsync("cluster-reshard", () => Faults.RepeatAsync(time, Shorter(3, time, 2), MoveAsync));

        async Task MoveAsync(int done)
        {
            var source = await trials.Cluster.PrimaryOfAsync(trials.Slot);
            var target = trials.Cluster.Nodes.Take(3).Where(node => node != source).ElementAt(done % 2);
            var migration = await trials.Cluster.BeginMigrationAsync(trials.Slot, target);
            var keys = (long)(await source.Redis.AskAsync("CLUSTER", "COUNTKEYSINSLOT", $"{trials.Slot}"))!;
            for (var step = 0; step < 5; step++)
            {
                await migration.MoveKeysAsync((int)(keys / 5) + 1);
                await Task.Delay(100);
            }
            await migration.FinishAsync();
        }
    }

    /// <summary>
    /// Kills both nodes of the shard that has the index of queues. They come back after some seconds.
    /// </summary>
    public static async Task<IReadOnlyList<Row>> ShardAwayAsync(TimeSpan time)
    {
        await using var trials = await TwoShards.StartAsync(Queues);
        var rows = await trials.RunAsync("cluster-shard-away", () => Faults.RepeatAsync(time, Shorter(20, time, 2), AwayAsync));
        // The other shards must go on working, although the index of queues cannot be reached.
        return [rows[0], rows[1] with { MostSilence = 5000 }];

        async Task AwayAsync(int done)
        {
            await trials.Cluster.KillShardAsync(trials.Slot);
            await Task.Delay(Shorter(10, time, 3));
            await trials.Cluster.RestartDeadAsync();
            await trials.Cluster.WaitUntilServedAsync();
        }
    }

    private static TimeSpan Shorter(int seconds, TimeSpan time, int part)
    {
        var usual = TimeSpan.FromSeconds(seconds);
        return usual < time / part ? usual : time / part;
    }

    /// <summary>
    /// Holds three hosts on a cluster, with one run on the shard of a key and one run on another shard.
    /// </summary>
    private sealed class TwoShards : IAsyncDisposable
    {
        private readonly Site _site;
        private readonly ScenarioRun[] _trials;

        private TwoShards(Site site, ScenarioRun[] trials, int slot) => (_site, _trials, Slot) = (site, trials, slot);

        public ClusterTopology Cluster => ((ClusterServers)_site.Servers).Topology;

        /// <summary>Gets the slot of the queue on the affected shard.</summary>
        public int Slot { get; }

        public static async Task<TwoShards> StartAsync(string key, bool replicated = false)
        {
            var servers = new ClusterServers(await ClusterTopology.LaunchAsync(new ClusterOptions
            {
                // With two replicas, one is left after the other has become the primary.
                ReplicasEach = replicated ? 2 : 1,
                Settings = ["--repl-diskless-sync-delay", "0"],
            }));
            var site = await Site.StartAsync(3, servers);
            var (same, other) = await servers.QueuesByShardAsync(key);
            var trials = new[] { new ScenarioRun(site, same), new ScenarioRun(site, other) };
            foreach (var run in trials)
            {
                run.AddProducers(rate: 50, replicated: replicated);
                run.AddEveryConsumer();
            }
            return new TwoShards(site, trials, await servers.Topology.SlotOfAsync($"{{{same}}}"));
        }

        public async Task<Row[]> RunAsync(string name, Func<Task<int>> faults)
        {
            var breaking = Faults.WhileAddsFlowAsync(faults, _trials);
            return await Task.WhenAll(_trials[0].RunAsync($"{name}, that shard", breaking), _trials[1].RunAsync($"{name}, another", breaking));
        }

        public ValueTask DisposeAsync() => _site.DisposeAsync();
    }
}
