using System.Globalization;

namespace RestMq.TestUtilities;

/// <summary>
/// Runs a Redis cluster on the loopback: three primaries and three replicas, unless the options say otherwise.
/// </summary>
public sealed class ClusterTopology : IAsyncDisposable
{
    public const int Slots = 16384;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ClusterOptions _options;

    private ClusterTopology(ClusterOptions options) => _options = options;

    /// <summary>
    /// Gets all nodes: the primaries of the start, then their replicas in the same order. The roles may change.
    /// </summary>
    public IReadOnlyList<ClusterNode> Nodes { get; private set; } = [];

    /// <summary>Gets the connection string for hosts. It lists all nodes.</summary>
    public string Configuration => string.Join(',', Nodes.Select(node => node.Redis.Address));

    /// <summary>
    /// Starts the nodes and makes a cluster of them. All slots are served and all replicas are connected when the task
    /// completes.
    /// </summary>
    public static async Task<ClusterTopology> LaunchAsync(ClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        var topology = new ClusterTopology(options ?? new ClusterOptions());
        try
        {
            await topology.StartAsync(cancellationToken);
            return topology;
        }
        catch
        {
            await topology.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns the slot of a key. The slot of a queue is that of <c>{queue}</c>.</summary>
    public async Task<int> SlotOfAsync(string key, CancellationToken cancellationToken = default) =>
        (int)(long)(await Running().Redis.AskAsync(cancellationToken, "CLUSTER", "KEYSLOT", key))!;

    /// <summary>Returns the primary that serves a slot, as most nodes see it.</summary>
    public async Task<ClusterNode> PrimaryOfAsync(int slot, CancellationToken cancellationToken = default)
    {
        var votes = new List<ClusterNode>();
        foreach (var node in Nodes.Where(node => node.Redis.IsRunning))
        {
            if (await node.PrimaryPortOfAsync(slot, cancellationToken) is { } port) votes.Add(Nodes.Single(each => each.Redis.Port == port));
        }
        if (votes.Count == 0) throw new InvalidOperationException($"No node knows a primary of slot {slot}.");
        return votes.GroupBy(node => node).MaxBy(group => group.Count())!.Key;
    }

    /// <summary>Returns the running replicas of a primary.</summary>
    public async Task<IReadOnlyList<ClusterNode>> ReplicasOfAsync(ClusterNode primary, CancellationToken cancellationToken = default)
    {
        var replicas = new List<ClusterNode>();
        foreach (var node in Nodes.Where(node => node != primary && node.Redis.IsRunning))
        {
            if (await node.ReplicatedPortAsync(cancellationToken) == primary.Redis.Port) replicas.Add(node);
        }
        return replicas;
    }

    /// <summary>
    /// Runs a planned failover (<c>CLUSTER FAILOVER</c>) of a primary to its replica. Returns the new primary as soon
    /// as all nodes know it.
    /// </summary>
    public async Task<ClusterNode> FailoverAsync(ClusterNode primary, CancellationToken cancellationToken = default)
    {
        var replica = (await ReplicasOfAsync(primary, cancellationToken)).FirstOrDefault() ?? throw new InvalidOperationException("The primary has no replica.");
        await replica.Redis.AskAsync(cancellationToken, "CLUSTER", "FAILOVER");
        await Until.NothingMissingAsync(
            async () => await replica.ReplicatedPortAsync(cancellationToken) is null && await primary.ReplicatedPortAsync(cancellationToken) == replica.Redis.Port
                ? null
                : "the roles have not changed",
            "the replica is the primary", Patience, cancellationToken);
        await WaitUntilServedAsync(cancellationToken);
        return replica;
    }

    /// <summary>Waits until another node serves the slots of a dead primary. Returns the new primary.</summary>
    public async Task<ClusterNode> WaitForSuccessorAsync(int slot, ClusterNode dead, CancellationToken cancellationToken = default)
    {
        var successor = dead;
        await Until.NothingMissingAsync(
            async () => (successor = await PrimaryOfAsync(slot, cancellationToken)) == dead
                ? "most nodes name the old primary"
                : null,
            $"another node serves slot {slot}", Patience, cancellationToken);
        return successor;
    }

    /// <summary>
    /// Waits until every running node reports a healthy cluster, and every running replica is connected.
    /// </summary>
    public Task WaitUntilServedAsync(CancellationToken cancellationToken = default) =>
        Until.NothingMissingAsync(() => MissingAsync(cancellationToken), "the cluster serves all slots", Patience, cancellationToken);

    /// <summary>
    /// Begins to move a slot to another primary. The caller runs each step, so the move can be paused half way.
    /// </summary>
    public async Task<SlotMigration> BeginMigrationAsync(int slot, ClusterNode target, CancellationToken cancellationToken = default)
    {
        var migration = new SlotMigration(this, slot, await PrimaryOfAsync(slot, cancellationToken), target);
        await migration.BeginAsync(cancellationToken);
        return migration;
    }

    /// <summary>Moves a slot with all its keys while it is in use.</summary>
    public async Task MigrateAsync(int slot, ClusterNode target, CancellationToken cancellationToken = default)
    {
        var migration = await BeginMigrationAsync(slot, target, cancellationToken);
        await migration.FinishAsync(cancellationToken);
    }

    /// <summary>
    /// Kills every node that holds a slot's data, so that no node serves the slot. <see cref="RestartDeadAsync"/>
    /// starts the nodes again.
    /// </summary>
    public async Task KillShardAsync(int slot, CancellationToken cancellationToken = default)
    {
        var primary = await PrimaryOfAsync(slot, cancellationToken);
        // The replicas are killed first, because a replica could become the primary.
        foreach (var node in (await ReplicasOfAsync(primary, cancellationToken)).Append(primary)) await node.Redis.KillAsync();
    }

    /// <summary>Starts every node that is not running.</summary>
    public Task RestartDeadAsync(CancellationToken cancellationToken = default) =>
        Task.WhenAll(Nodes.Where(node => !node.Redis.IsRunning).Select(node => node.Redis.StartAsync(cancellationToken)));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes) await node.DisposeAsync();
    }

    private ClusterNode Running() => Nodes.First(node => node.Redis.IsRunning);

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var primaries = _options.Primaries;
        Nodes = [.. Enumerable.Range(0, primaries * (1 + _options.ReplicasEach)).Select(_ => new ClusterNode(_options))];
        await Task.WhenAll(Nodes.Select(node => node.StartAsync(cancellationToken)));
        for (var i = 0; i < primaries; i++)
        {
            var (first, next) = (Slots * i / primaries, Slots * (i + 1) / primaries);
            await Nodes[i].Redis.AskAsync(cancellationToken, "CLUSTER", "ADDSLOTSRANGE", Text(first), Text(next - 1));
            // Each primary gets its own config epoch, as redis-cli does it. Otherwise the nodes would first have to
            // resolve a collision of epochs.
            await Nodes[i].Redis.AskAsync(cancellationToken, "CLUSTER", "SET-CONFIG-EPOCH", Text(i + 1));
        }
        foreach (var node in Nodes.Skip(1))
            await node.Redis.AskAsync(cancellationToken, "CLUSTER", "MEET", "127.0.0.1", Text(Nodes[0].Redis.Port), Text(Nodes[0].BusPort));
        await Until.NothingMissingAsync(() => UnknownAsync(cancellationToken), "the nodes know each other", Patience, cancellationToken);
        for (var i = primaries; i < Nodes.Count; i++)
            await Nodes[i].Redis.AskAsync(cancellationToken, "CLUSTER", "REPLICATE", Nodes[i % primaries].Id);
        await WaitUntilServedAsync(cancellationToken);
    }

    private async Task<string?> UnknownAsync(CancellationToken cancellationToken)
    {
        foreach (var node in Nodes)
        {
            var known = await node.KnownAsync(cancellationToken);
            if (known.Count != Nodes.Count || known.Any(line => line.Contains("handshake", StringComparison.Ordinal)))
                return $"a node knows {known.Count} of {Nodes.Count} nodes";
        }
        return null;
    }

    private async Task<string?> MissingAsync(CancellationToken cancellationToken)
    {
        var replicas = 0;
        foreach (var node in Nodes.Where(node => node.Redis.IsRunning))
        {
            var info = (string)(await node.Redis.AskAsync(cancellationToken, "CLUSTER", "INFO"))!;
            if (InfoFields.Find(info, "cluster_state") != "ok" || InfoFields.Find(info, "cluster_slots_ok") != Text(Slots)) return info;
            var role = (object?[])(await node.Redis.AskAsync(cancellationToken, "ROLE"))!;
            if (role is ["slave", ..]) replicas++;
            if (role is ["slave", ..] and not ["slave", _, _, "connected", ..]) return $"a replica is {role[3]}";
        }
        var expected = Nodes.Count(node => node.Redis.IsRunning) - _options.Primaries;
        return replicas == expected ? null : $"{replicas} of {expected} replicas are connected";
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
