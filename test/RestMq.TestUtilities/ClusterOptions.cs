namespace RestMq.TestUtilities;

/// <summary>Holds the options of a <see cref="ClusterTopology"/>.</summary>
public sealed class ClusterOptions
{
    public int Primaries { get; init; } = 3;

    public int ReplicasEach { get; init; } = 1;

    /// <summary>Gets <c>cluster-node-timeout</c>, after which a silent primary counts as dead.</summary>
    public TimeSpan NodeTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Gets <c>cluster-require-full-coverage</c>: whether the loss of one shard stops the whole cluster.
    /// </summary>
    public bool RequireFullCoverage { get; init; }

    /// <summary>Gets further arguments of the servers.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];
}
