namespace RestMq.Ledger.Servers;

/// <summary>Gives hosts a primary, its replicas and three sentinels.</summary>
internal sealed class SentinelServers(SentinelTopology topology) : IServers
{
    public SentinelTopology Topology => topology;

    public string Configuration => topology.Configuration;

    public async Task<IReadOnlyList<RedisServer>> PrimariesAsync() => [(await topology.CurrentPrimaryAsync()).Redis];

    public ValueTask DisposeAsync() => topology.DisposeAsync();
}
