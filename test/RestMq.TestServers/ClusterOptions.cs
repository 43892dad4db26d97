namespace RestMq.TestServers;

/// <summary>How a <see cref="ClusterTopology"/> is set up.</summary>
public sealed class ClusterOptions
{
    public int Primaries { get; init; } = 3;

    public int ReplicasEach { get; init; } = 1;

    /// <summary><c>cluster-node-timeout</c>: after that a primary is taken for dead.</summary>
    public TimeSpan NodeTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary><c>cluster-require-full-coverage</c>: whether one shard that is away stops all.</summary>
    public bool RequireFullCoverage { get; init; }

    /// <summary>Further arguments of the servers.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];
}
