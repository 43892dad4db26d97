using System.Threading.Channels;

namespace RestMq;

/// <summary>
/// Represents a live consumer of a queue, from which a transport such as a COMET stream reads. Disposing the consumer
/// unbinds it and returns its undelivered messages to the queue.
/// </summary>
public interface ILiveConsumer : IAsyncDisposable
{
    /// <summary>Gets the queue.</summary>
    QueueName Queue { get; }

    /// <summary>
    /// Gets the place in the history after which the consumer begins. A client that is cut off before its first message
    /// resumes there. Null for a consumer with a lease.
    /// </summary>
    long? BeginsAfter { get; }

    /// <summary>
    /// Gets the events of the consumer, in order, through a bounded buffer. The reader completes when the queue is
    /// purged or the host stops.
    /// </summary>
    ChannelReader<LiveEvent> Events { get; }

    /// <summary>
    /// Reports that a message has been written to the wire, which frees a slot for another message. Under
    /// <c>roundrobin</c> it also acks the message. Until then, disposing the consumer returns the message to the queue.
    /// A consumer with a lease settles its messages itself, on any host, by
    /// <see cref="IQueueEngine.SettleAsync(Settlement, CancellationToken)"/>. Disposing that consumer returns its
    /// unsettled messages.
    /// </summary>
    void Delivered(QueueMessage message);
}

/// <summary>Represents one event of a live consumer: a message, a gap or a heartbeat.</summary>
/// <param name="Message">The message. Null for a gap without a message, and for a heartbeat.</param>
/// <param name="Missed">How many messages before this event are gone from the history. Greater than 0 only for a
/// consumer that fell behind the history or came back too late.</param>
public readonly record struct LiveEvent(QueueMessage? Message, long Missed)
{
    /// <summary>Gets whether the event is a heartbeat (<see cref="LiveConsumerOptions.Heartbeat"/>).</summary>
    public bool IsHeartbeat => Message is null && Missed == 0;
}

/// <summary>Holds the options of a live consumer.</summary>
public sealed record LiveConsumerOptions
{
    /// <summary>
    /// Gets the <see cref="QueueMessage.Sequence"/> of the last message that this consumer saw. The consumer gets all
    /// later messages of the history. 0 means the whole history.
    /// </summary>
    /// <value>Null: only messages that are delivered from now on.</value>
    public long? ResumeAfter { get; init; }

    /// <summary>
    /// Gets the lease of each message, within which the consumer must settle it. With a lease, the consumer gets
    /// messages of its own under any policy of the queue, and does not read the history.
    /// </summary>
    /// <value>Null: the queue's policy applies, and a message counts as delivered once it is written.</value>
    public TimeSpan? Lease { get; init; }

    /// <summary>
    /// Gets how many unsettled messages a consumer with a lease may hold, from 1 to
    /// <c>RestMqOptions.MaxBatch</c>.
    /// </summary>
    /// <value>10.</value>
    public int Prefetch { get; init; } = 10;

    /// <summary>
    /// Gets after how long without an event the consumer gets a heartbeat, measured in steps of 1 second.
    /// </summary>
    /// <value>Null: no heartbeats.</value>
    public TimeSpan? Heartbeat { get; init; }

    /// <summary>
    /// Gets a check whether the consumer's client is still connected. The messages of a broadcast stay in the queue, where
    /// they can be taken, when no client of this host is connected. The check is called often and from any thread, until
    /// the consumer is disposed. It must not block or throw.
    /// </summary>
    /// <value>Null: the client is connected until the consumer is disposed.</value>
    public Func<bool>? IsConnected { get; init; }
}
