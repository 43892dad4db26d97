namespace RestMq.Ledger.Servers;

/// <summary>Gives hosts a cluster of three primaries with replicas.</summary>
internal sealed class ClusterServers(ClusterTopology topology) : IServers
{
    public ClusterTopology Topology => topology;

    public string Configuration => topology.Configuration;

    public async Task<IReadOnlyList<RedisServer>> PrimariesAsync()
    {
        var primaries = new List<RedisServer>();
        foreach (var node in topology.Nodes)
        {
            if ((object?[])(await node.Redis.AskAsync("ROLE"))! is ["master", ..]) primaries.Add(node.Redis);
        }
        return primaries;
    }

    /// <summary>Returns the names of a queue on the same shard as a key, and of one on another shard.</summary>
    public async Task<(string Same, string Other)> QueuesByShardAsync(string key)
    {
        var shard = await topology.PrimaryOfAsync(await topology.SlotOfAsync(key));
        string? same = null, other = null;
        for (var i = 0; same is null || other is null; i++)
        {
            var queue = $"queue-{i}";
            if (await topology.PrimaryOfAsync(await topology.SlotOfAsync($"{{{queue}}}")) == shard) same ??= queue;
            else other ??= queue;
        }
        return (same, other);
    }

    public ValueTask DisposeAsync() => topology.DisposeAsync();
}
