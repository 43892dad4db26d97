namespace RestMq.Client;

/// <summary>A queue in numbers.</summary>
/// <param name="Queue">The queue.</param>
public sealed record QueueInfo(string Queue)
{
    /// <summary>Messages that can be taken now.</summary>
    public long Ready { get; init; }

    /// <summary>Messages handed out and not yet settled.</summary>
    public long Leased { get; init; }

    /// <summary>Messages that are not yet due.</summary>
    public long Delayed { get; init; }

    /// <summary>Dead letters.</summary>
    public long Dead { get; init; }

    /// <summary>Messages added since the queue came to be.</summary>
    public long TotalAdded { get; init; }

    /// <summary>Messages deleted by a take or an ack since the queue came to be.</summary>
    public long TotalSettled { get; init; }

    /// <summary>Messages dropped at the end of their time to live since the queue came to be.</summary>
    public long TotalExpired { get; init; }

    /// <summary>How long the message at the head has been in the queue; null when none is ready.</summary>
    public TimeSpan? OldestAge { get; init; }

    /// <summary>Live consumers connected to the host that answered.</summary>
    public int Consumers { get; init; }

    /// <summary>How live consumers share the messages.</summary>
    public DeliveryPolicy Policy { get; init; }

    /// <summary>How safe a message that does not say it itself must be before its add is answered.</summary>
    public MessageDurability Durability { get; init; }

    /// <summary>Whether live streams are paused.</summary>
    public bool Stopped { get; init; }
}

/// <summary>How live consumers share a queue's messages.</summary>
public enum DeliveryPolicy
{
    /// <summary>Every live consumer gets every message.</summary>
    Broadcast,

    /// <summary>Each message goes to one live consumer, in rotation over those with room.</summary>
    RoundRobin,
}
