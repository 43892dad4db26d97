namespace RestMq.Client;

/// <summary>A queue's policy and settings; or a change of them, in which what is null stays as it is.</summary>
public sealed record QueueConfiguration
{
    /// <summary>How live consumers share the messages.</summary>
    public DeliveryPolicy? Policy { get; init; }

    /// <summary>After how many hand-outs a message that is given back is buried, 1 to 1000.</summary>
    public int? MaxReceives { get; init; }

    /// <summary>
    /// How many messages the queue holds at most; null for no limit. In a change, 0 takes the limit away.
    /// </summary>
    public long? MaxLength { get; init; }

    /// <summary>
    /// How long a message that names no time of its own is kept; null for ever. In a change, zero takes the limit away.
    /// </summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>How many messages handed out by broadcast are kept for consumers that come back, 0 to 100000.</summary>
    public int? History { get; init; }

    /// <summary>How safe a message that does not say it itself must be before its add is answered.</summary>
    public MessageDurability? Durability { get; init; }
}
