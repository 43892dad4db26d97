namespace RestMq.TestUtilities;

/// <summary>Holds the options of a <see cref="SentinelTopology"/>.</summary>
public sealed class SentinelOptions
{
    public int Replicas { get; init; } = 1;

    public int Sentinels { get; init; } = 3;

    public int Quorum { get; init; } = 2;

    /// <summary>Gets <c>down-after-milliseconds</c>.</summary>
    public TimeSpan DownAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets <c>failover-timeout</c>. A failed failover is tried again after twice this time.</summary>
    public TimeSpan FailoverTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets whether the sentinels poll and publish a few times a second, by <c>SENTINEL DEBUG</c>. Otherwise they ask
    /// servers for their role every 10 seconds. A deposed primary that still reports the role of a primary is
    /// reconfigured only after 8 seconds.
    /// </summary>
    public bool Hurried { get; init; }

    /// <summary>Gets arguments of the Redis servers, such as <c>--min-replicas-to-write 1</c> in two items.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];
}
