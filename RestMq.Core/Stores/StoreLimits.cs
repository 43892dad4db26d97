namespace RestMq.Stores;

/// <summary>
/// The bounds of one call of a store. Each is written here once: the memory store reads them, and the scripts get them
/// from here.
/// </summary>
internal static class StoreLimits
{
    /// <summary>The most leases, delays and dead letters that one call moves, of each kind.</summary>
    public const int Moved = 100;

    /// <summary>
    /// The most expired messages that one call removes. An add removes twice as many, so that adds cannot outrun it.
    /// </summary>
    public const int Expired = 1000;

    /// <summary>The most messages that one call of a purge of one state deletes.</summary>
    public const int Purged = 1000;

    /// <summary>
    /// The most bytes that one call delivers, moves or reads, give or take a message or two. <value>16 MiB.</value>
    /// </summary>
    public const long ReplyBytes = 16 * 1024 * 1024;

    /// <summary>How long the history of a broadcast queue is kept after its last message.</summary>
    public static readonly TimeSpan HistoryLife = TimeSpan.FromHours(1);

    /// <summary>
    /// How long Redis remembers what an exchange delivered, so that it can be returned when the reply is lost: longer
    /// than Redis is ever away for a moment. After a longer outage the leases end by themselves.
    /// </summary>
    public static readonly TimeSpan Recoverable = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How many ids a queue can give out in a millisecond at most. After a failover a queue goes on at the id that it
    /// would have reached at that rate: no id that was given out and lost is given out again.
    /// </summary>
    public const long IdsPerMillisecond = 1000;

    /// <summary>
    /// How far ids go on beyond one that a host has seen and Redis has lost: other hosts may have seen greater ones.
    /// </summary>
    public const long MaxLostIds = 1_000_000;
}
