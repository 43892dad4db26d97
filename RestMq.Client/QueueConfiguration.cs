namespace RestMq.Client;

/// <summary>
/// Holds a queue's policy and settings, or a change of them. In a change, a property that is null is not changed.
/// </summary>
public sealed record QueueConfiguration
{
    /// <summary>Gets how live consumers share the messages.</summary>
    public QueuePolicy? Policy { get; init; }

    /// <summary>Gets the number of deliveries after which a released message is buried, 1 to 1000.</summary>
    public int? MaxReceives { get; init; }

    /// <summary>
    /// Gets the most messages that the queue holds. Null means no limit. In a change, 0 removes the limit.
    /// </summary>
    public long? MaxLength { get; init; }

    /// <summary>
    /// Gets the time to live of a message that sets none itself. Null means for ever. In a change, zero removes the
    /// limit.
    /// </summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>Gets how many broadcast messages the history keeps for streams that resume, 0 to 100000.</summary>
    public int? History { get; init; }

    /// <summary>
    /// Gets how many bytes the messages of the history may have together, 0 to 1099511627776 (1 TiB).
    /// </summary>
    public long? HistoryBytes { get; init; }

    /// <summary>
    /// Gets how durable a message must be before its add is answered, for an add that does not set it itself.
    /// </summary>
    public Durability? Durability { get; init; }
}
