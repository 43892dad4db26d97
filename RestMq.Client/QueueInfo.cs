namespace RestMq.Client;

/// <summary>Holds the statistics of a queue.</summary>
/// <param name="Queue">The name of the queue.</param>
public sealed record QueueInfo(string Queue)
{
    /// <summary>Gets the number of ready messages.</summary>
    public long Ready { get; init; }

    /// <summary>Gets the number of messages in flight: delivered and not yet settled.</summary>
    public long Leased { get; init; }

    /// <summary>Gets the number of delayed messages, which are not yet due.</summary>
    public long Delayed { get; init; }

    /// <summary>Gets the number of dead letters.</summary>
    public long Dead { get; init; }

    /// <summary>Gets the number of messages added since the queue was created.</summary>
    public long TotalAdded { get; init; }

    /// <summary>Gets the number of messages deleted by a take or an ack since the queue was created.</summary>
    public long TotalSettled { get; init; }

    /// <summary>
    /// Gets the number of messages dropped at the end of their time to live since the queue was created.
    /// </summary>
    public long TotalExpired { get; init; }

    /// <summary>
    /// Gets how long the message at the head has been in the queue. Null when no message is ready.
    /// </summary>
    public TimeSpan? OldestAge { get; init; }

    /// <summary>Gets the number of live consumers connected to the host that answered.</summary>
    public int Consumers { get; init; }

    /// <summary>Gets how live consumers share the messages.</summary>
    public QueuePolicy Policy { get; init; }

    /// <summary>
    /// Gets how durable a message must be before its add is answered, for an add that does not set it itself.
    /// </summary>
    public Durability Durability { get; init; }

    /// <summary>Gets whether the live streams are paused.</summary>
    public bool Stopped { get; init; }
}
