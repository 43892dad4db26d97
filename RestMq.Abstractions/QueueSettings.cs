namespace RestMq;

/// <summary>How live consumers share a queue's messages.</summary>
public enum QueuePolicy
{
    /// <summary>Every live consumer gets every message.</summary>
    Broadcast,

    /// <summary>Each message goes to one live consumer, in rotation over those with room.</summary>
    RoundRobin,
}

/// <summary>A queue's settings.</summary>
public sealed record QueueSettings
{
    /// <summary>How live consumers share the messages. <value>Broadcast.</value></summary>
    public QueuePolicy Policy { get; init; } = QueuePolicy.Broadcast;

    /// <summary>
    /// Whether live consumers are paused; messages are kept, and can still be taken. <value>False.</value>
    /// </summary>
    public bool Stopped { get; init; }

    /// <summary>After how many hand-outs a message that is given back is buried. <value>20.</value></summary>
    public int MaxReceives { get; init; } = 20;

    /// <summary>How many messages the queue holds at most. <value>Null: no limit.</value></summary>
    public long? MaxLength { get; init; }

    /// <summary>How long a message that names no time of its own is kept. <value>Null: for ever.</value></summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>
    /// How many messages handed out by broadcast are kept for consumers that come back. <value>1000.</value>
    /// </summary>
    public int History { get; init; } = 1000;

    /// <summary>
    /// How safe a message that does not say it itself must be before its add is answered. <value>Stored.</value>
    /// </summary>
    public Durability Durability { get; init; } = Durability.Stored;
}

/// <summary>A change of a queue's settings: what is null stays as it is.</summary>
public sealed record QueueSettingsChange
{
    /// <inheritdoc cref="QueueSettings.Policy"/>
    public QueuePolicy? Policy { get; init; }

    /// <inheritdoc cref="QueueSettings.Stopped"/>
    public bool? Stopped { get; init; }

    /// <inheritdoc cref="QueueSettings.MaxReceives"/>
    public int? MaxReceives { get; init; }

    /// <summary>How many messages the queue holds at most; 0 takes the limit away.</summary>
    public long? MaxLength { get; init; }

    /// <summary>How long a message that names no time of its own is kept; zero takes the limit away.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <inheritdoc cref="QueueSettings.History"/>
    public int? History { get; init; }

    /// <inheritdoc cref="QueueSettings.Durability"/>
    public Durability? Durability { get; init; }

    /// <summary>Whether nothing would change.</summary>
    public bool IsEmpty => this == new QueueSettingsChange();
}
