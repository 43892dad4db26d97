namespace RestMq;

/// <summary>A queue in numbers.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="Settings">Its settings.</param>
public sealed record QueueStats(QueueName Queue, QueueSettings Settings)
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

    /// <summary>Live consumers connected to this daemon.</summary>
    public int Consumers { get; init; }

    /// <summary>Of them, those of a broadcast that are behind the others: they read slowly, or have come back and catch up.</summary>
    public int Behind { get; init; }

    /// <summary>Every message in the queue, whatever its place.</summary>
    public long Total => Ready + Leased + Delayed + Dead;
}
