namespace RestMq.Ledger.Servers;

/// <summary>One primary, one replica and three sentinels.</summary>
internal sealed class SentinelServers(SentinelTopology topology) : IServers
{
    public SentinelTopology Topology => topology;

    public string Configuration => topology.Configuration;

    public async Task<IReadOnlyList<RedisServer>> PrimariesAsync() => [(await topology.CurrentPrimaryAsync()).Redis];

    public ValueTask DisposeAsync() => topology.DisposeAsync();
}
