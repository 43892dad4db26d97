namespace RestMq.Stores;

/// <summary>
/// Defines the bounds of one call of a store, for the memory store and for the Lua scripts.
/// </summary>
internal static class StoreLimits
{
    /// <summary>The maximum number of leases, of delays and of dead letters that one call moves.</summary>
    public const int Moved = 100;

    /// <summary>
    /// The maximum number of expired messages that one call deletes. An add deletes up to twice as many, so that
    /// expired messages cannot pile up while messages are added.
    /// </summary>
    public const int Expired = 1000;

    /// <summary>The maximum number of messages that one call of a purge of one state deletes.</summary>
    public const int Purged = 1000;

    /// <summary>
    /// The maximum number of bytes that one call delivers, moves or reads, exceeded by at most two messages.
    /// </summary>
    /// <value>16 MiB.</value>
    public const long ReplyBytes = 16 * 1024 * 1024;

    /// <summary>How long the history of a broadcast queue is kept after its last message.</summary>
    public static readonly TimeSpan HistoryLife = TimeSpan.FromHours(1);

    /// <summary>
    /// How long Redis remembers the deliveries of an exchange, so that they can be returned when the reply is lost. The
    /// time covers short outages of Redis. After a longer outage, the messages go back when their leases end.
    /// </summary>
    public static readonly TimeSpan Recoverable = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The maximum number of ids that a queue assigns per millisecond. After a failover, a queue continues at the id
    /// that it would have reached at this rate. So an id that was assigned and lost is never assigned again.
    /// </summary>
    public const long IdsPerMillisecond = 1000;

    /// <summary>
    /// How far ids skip ahead of an id that a host has seen and Redis has lost, because other hosts may have seen
    /// greater ids.
    /// </summary>
    public const long MaxLostIds = 1_000_000;
}
