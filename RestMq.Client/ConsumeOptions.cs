namespace RestMq.Client;

/// <summary>Holds the options of a live stream: where it starts, and how it reconnects.</summary>
public sealed record ConsumeOptions
{
    /// <summary>
    /// Gets the <see cref="QueueMessage{T}.EventId"/> of the last message that this consumer received. The stream
    /// starts with the message after it; 0 starts with the whole history.
    /// </summary>
    /// <value>The default is null: the stream starts with the next message that is delivered.</value>
    public long? ResumeAfter { get; init; }

    /// <summary>
    /// Gets the longest pause before the client reconnects. The host names the first pause, by default 1 second. Each
    /// failed attempt doubles it.
    /// </summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan MaxReconnectDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets how long a connection may be silent before it counts as lost, at least 3 seconds. The client asks the host
    /// for a heartbeat at a third of this interval.
    /// </summary>
    /// <value>The default is 45 seconds.</value>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(45);
}
