using System.Globalization;

namespace RestMq.TestUtilities;

/// <summary>
/// Moves a slot from one primary to another, as <c>redis-cli --cluster reshard</c> does. Between two steps each primary
/// has some keys of the slot. Redis then answers a script that names keys of both primaries with <c>TRYAGAIN</c>.
/// </summary>
public sealed class SlotMigration
{
    private readonly ClusterTopology _topology;
    private readonly string _slot;

    internal SlotMigration(ClusterTopology topology, int slot, ClusterNode source, ClusterNode target) =>
        (_topology, _slot, Source, Target) = (topology, slot.ToString(CultureInfo.InvariantCulture), source, target);

    public ClusterNode Source { get; }

    public ClusterNode Target { get; }

    /// <summary>
    /// Moves some keys of the slot. Returns the number of moved keys, which is less than <paramref name="count"/> when
    /// there are no more keys.
    /// </summary>
    public async Task<int> MoveKeysAsync(int count, CancellationToken cancellationToken = default)
    {
        var keys = (object?[])(await Source.Redis.AskAsync(cancellationToken, "CLUSTER", "GETKEYSINSLOT", _slot, count.ToString(CultureInfo.InvariantCulture)))!;
        if (keys.Length > 0)
        {
            string[] head = ["MIGRATE", "127.0.0.1", $"{Target.Redis.Port}", "", "0", "5000", "KEYS"];
            await Source.Redis.AskAsync(cancellationToken, [.. head, .. keys.Select(key => (string)key!)]);
        }
        return keys.Length;
    }

    /// <summary>Moves the remaining keys and assigns the slot to the target.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken = default)
    {
        while (await MoveKeysAsync(100, cancellationToken) > 0)
        {
            // The slot is in use, so new keys may be added meanwhile.
        }
        // The slot is assigned at the target first. Until the source knows it too, the two nodes redirect to each
        // other, and no node gives a wrong answer.
        await SetSlotAsync(Target, cancellationToken, "NODE", Target.Id);
        await SetSlotAsync(Source, cancellationToken, "NODE", Target.Id);
        foreach (var node in _topology.Nodes.Where(node => node != Target && node != Source && node.Redis.IsRunning))
        {
            // A replica refuses the command. It learns the new owner from its primary.
            if (await node.ReplicatedPortAsync(cancellationToken) is null) await SetSlotAsync(node, cancellationToken, "NODE", Target.Id);
        }
    }

    internal async Task BeginAsync(CancellationToken cancellationToken)
    {
        await SetSlotAsync(Target, cancellationToken, "IMPORTING", Source.Id);
        await SetSlotAsync(Source, cancellationToken, "MIGRATING", Target.Id);
    }

    private Task SetSlotAsync(ClusterNode node, CancellationToken cancellationToken, params string[] change) =>
        node.Redis.AskAsync(cancellationToken, ["CLUSTER", "SETSLOT", _slot, .. change]);
}
