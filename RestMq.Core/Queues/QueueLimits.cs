namespace RestMq;

/// <summary>Defines the ranges of a queue's settings, for calls and for declarations.</summary>
internal static class QueueLimits
{
    public const int MinReceives = 1;

    public const int MaxReceives = 1000;

    public const int MaxHistory = 100_000;

    /// <summary>1 TiB.</summary>
    public const long MaxHistoryBytes = 1L << 40;
}
