using System.Text.Json.Serialization;
using RestMq.Wire;

namespace RestMq;

/// <summary>Represents a message as a consumer gets it.</summary>
/// <param name="Key">The key of the message.</param>
/// <param name="Body">The content of the message.</param>
/// <param name="DeliveryCount">The delivery count: how many deliveries the message has had since it was added or redriven, this
/// delivery included.</param>
/// <param name="Added">When the message was added, by the store's clock.</param>
[JsonConverter(typeof(QueueMessageJson))]
public sealed record QueueMessage(MessageKey Key, MessageBody Body, long DeliveryCount, DateTimeOffset Added)
{
    /// <summary>Gets the receipt, which settles this delivery.</summary>
    public Receipt Receipt => new(Key, FencesBefore + DeliveryCount);

    /// <summary>
    /// Gets the fences that were used up before the last redrive, which restarted <see cref="DeliveryCount"/>.
    /// </summary>
    internal long FencesBefore { get; init; }

    /// <summary>
    /// Gets the place of the message in the history of a broadcast queue, from 1. A stream resumes after it. 0 when the
    /// message was not delivered by broadcast.
    /// </summary>
    public long Sequence { get; init; }

    /// <summary>
    /// Gets the trace in which the message was sent, as a W3C <c>traceparent</c>. Link the spans of your processing to
    /// it. Null when the sender had no trace.
    /// </summary>
    public string? TraceParent { get; init; }

    /// <summary>
    /// Gets the W3C <c>tracestate</c> that came with <see cref="TraceParent"/>. Null when there was none.
    /// </summary>
    public string? TraceState { get; init; }
}

/// <summary>Specifies the state of a message. A message is in exactly one state.</summary>
public enum MessageState
{
    /// <summary>The message waits for a consumer.</summary>
    Ready,

    /// <summary>The message is in flight: it was delivered and is not settled yet.</summary>
    Leased,

    /// <summary>The message becomes ready when its delay ends.</summary>
    Delayed,

    /// <summary>The message was buried and is a dead letter.</summary>
    Dead,
}

/// <summary>Represents a message as it is in the queue, without a delivery.</summary>
/// <param name="Message">The message. Its count is the number of deliveries so far.</param>
/// <param name="State">The state of the message.</param>
/// <param name="Due">When the delay or the lease ends. Null in the other states.</param>
/// <param name="Reason">Why the message was buried. Null in the other states.</param>
[JsonConverter(typeof(SnapshotJson))]
public sealed record MessageSnapshot(QueueMessage Message, MessageState State, DateTimeOffset? Due, string? Reason);
