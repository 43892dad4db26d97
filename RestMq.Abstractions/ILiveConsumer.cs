using System.Threading.Channels;

namespace RestMq;

/// <summary>A live consumer of a queue: what a COMET stream reads from. Disposing it unbinds it and gives back what it did not deliver.</summary>
public interface ILiveConsumer : IAsyncDisposable
{
    /// <summary>The queue.</summary>
    QueueName Queue { get; }

    /// <summary>
    /// The place in the history after which the consumer begins: who is cut off before the first message resumes there. Null for one with a lease.
    /// </summary>
    long? BeginsAfter { get; }

    /// <summary>
    /// What the consumer gets, in order. It completes when the queue is purged or the daemon stops; a bounded buffer stands behind it.
    /// </summary>
    ChannelReader<LiveEvent> Events { get; }

    /// <summary>
    /// Says that a message has been written to the wire. It makes room for another, and settles a message of <c>roundrobin</c>, which until
    /// then goes back to the queue when the consumer is disposed. A consumer with a lease settles by itself, by <see cref="IQueueEngine.SettleAsync(Settlement, CancellationToken)"/>
    /// anywhere; what it has not settled goes back when it is disposed.
    /// </summary>
    void Delivered(QueueMessage message);
}

/// <summary>One thing a live consumer is told.</summary>
/// <param name="Message">The message; null when there is only a gap to tell of, or nothing but that the stream lives.</param>
/// <param name="Missed">How many messages before it are gone from the history; 0 but for a consumer that fell behind it or came back too late.</param>
public readonly record struct LiveEvent(QueueMessage? Message, long Missed)
{
    /// <summary>Whether it only says that the stream lives, as asked for by <see cref="LiveConsumerOptions.Heartbeat"/>.</summary>
    public bool IsHeartbeat => Message is null && Missed == 0;
}

/// <summary>How a live consumer binds.</summary>
public sealed record LiveConsumerOptions
{
    /// <summary>
    /// The <see cref="QueueMessage.Sequence"/> of the last message this consumer saw, to get what came since; 0 for the whole history.
    /// <value>Null: only what is handed out from now on.</value>
    /// </summary>
    public long? ResumeAfter { get; init; }

    /// <summary>
    /// How long a message is the consumer's to settle. With it the consumer has messages of its own, whatever the queue's policy, and history
    /// is not for it. <value>Null: the queue's policy decides, and what is written is delivered.</value>
    /// </summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>How many messages a consumer with a lease holds unsettled at most: up to <c>RestMqOptions.MaxBatch</c>. <value>10.</value></summary>
    public int Prefetch { get; init; } = 10;

    /// <summary>How long nothing may come, in steps of a second, before an event says that the stream lives. <value>Null: none does.</value></summary>
    public TimeSpan? Heartbeat { get; init; }
}
