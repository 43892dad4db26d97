namespace RestMq;

/// <summary>Specifies how live consumers share the messages of a queue.</summary>
public enum QueuePolicy
{
    /// <summary>Every live consumer gets every message.</summary>
    Broadcast,

    /// <summary>Each message goes to one live consumer, in rotation over the consumers with a free slot.</summary>
    RoundRobin,
}

/// <summary>Holds the settings of a queue.</summary>
public sealed record QueueSettings
{
    /// <summary>Gets how live consumers share the messages.</summary>
    /// <value>Broadcast.</value>
    public QueuePolicy Policy { get; init; } = QueuePolicy.Broadcast;

    /// <summary>
    /// Gets whether live delivery is paused. The queue keeps its messages, and they can still be taken or leased.
    /// </summary>
    /// <value>False.</value>
    public bool Stopped { get; init; }

    /// <summary>Gets after how many deliveries a message that goes back to the queue is buried instead.</summary>
    /// <value>20.</value>
    public int MaxReceives { get; init; } = 20;

    /// <summary>Gets the maximum number of messages in the queue.</summary>
    /// <value>Null: no limit.</value>
    public long? MaxLength { get; init; }

    /// <summary>Gets the time to live of messages that have none of their own.</summary>
    /// <value>Null: no limit.</value>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>Gets how many delivered messages a broadcast queue keeps for streams that resume.</summary>
    /// <value>1000.</value>
    public int History { get; init; } = 1000;

    /// <summary>
    /// Gets how many bytes the messages of the history may have together, 0 to 1 TiB. The oldest
    /// messages are dropped beyond that.
    /// </summary>
    /// <value>64 MiB.</value>
    public long HistoryBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// Gets how safe a message must be before its add is answered, when the message itself does not say.
    /// </summary>
    /// <value>Stored.</value>
    public Durability Durability { get; init; } = Durability.Stored;
}

/// <summary>Represents a change of a queue's settings. A null value leaves the setting as it is.</summary>
public sealed record QueueSettingsChange
{
    /// <inheritdoc cref="QueueSettings.Policy"/>
    public QueuePolicy? Policy { get; init; }

    /// <inheritdoc cref="QueueSettings.Stopped"/>
    public bool? Stopped { get; init; }

    /// <inheritdoc cref="QueueSettings.MaxReceives"/>
    public int? MaxReceives { get; init; }

    /// <summary>Gets the maximum number of messages in the queue. 0 removes the limit.</summary>
    public long? MaxLength { get; init; }

    /// <summary>Gets the time to live of messages that have none of their own. Zero removes the limit.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <inheritdoc cref="QueueSettings.History"/>
    public int? History { get; init; }

    /// <inheritdoc cref="QueueSettings.HistoryBytes"/>
    public long? HistoryBytes { get; init; }

    /// <inheritdoc cref="QueueSettings.Durability"/>
    public Durability? Durability { get; init; }

    /// <summary>Gets whether the change leaves every setting as it is.</summary>
    public bool IsEmpty => this == new QueueSettingsChange();
}
