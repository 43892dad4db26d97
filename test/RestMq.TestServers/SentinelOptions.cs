namespace RestMq.TestServers;

/// <summary>How a <see cref="SentinelTopology"/> is set up.</summary>
public sealed class SentinelOptions
{
    public int Replicas { get; init; } = 1;

    public int Sentinels { get; init; } = 3;

    public int Quorum { get; init; } = 2;

    /// <summary><c>down-after-milliseconds</c>.</summary>
    public TimeSpan DownAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>failover-timeout</c>. A failover that failed is tried again after twice that.</summary>
    public TimeSpan FailoverTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether the sentinels look and tell a few times a second, by <c>SENTINEL DEBUG</c>. Otherwise they ask servers
    /// for their role every ten seconds, and leave a deposed primary that still answers as one for eight.
    /// </summary>
    public bool Hurried { get; init; }

    /// <summary>Arguments of the Redis servers, such as <c>--min-replicas-to-write 1</c> in two items.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];
}
