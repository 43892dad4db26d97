namespace RestMq.Client;

/// <summary>How live messages are consumed.</summary>
public sealed record ConsumeOptions
{
    /// <summary>
    /// The <see cref="QueueMessage{T}.EventId"/> of the last message this consumer saw, to get what came since; 0 for the whole history.
    /// <value>Null: only what is handed out from now on.</value>
    /// </summary>
    public long? ResumeAfter { get; init; }

    /// <summary>The longest pause before a lost connection is made again; the first is what the host says, a second. <value>30 seconds.</value></summary>
    public TimeSpan MaxReconnectDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// After how long a silence a connection counts as lost, at least 3 seconds. The host is asked for a heartbeat three times as often.
    /// <value>45 seconds.</value>
    /// </summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(45);
}
