using RestMq.Wire;

namespace RestMq;

/// <summary>Represents a message to add.</summary>
/// <param name="Body">The content of the message.</param>
public readonly record struct NewMessage(MessageBody Body)
{
    /// <summary>Gets how long the message is delayed before it is ready.</summary>
    /// <value>Zero: the message is ready at once.</value>
    public TimeSpan Delay { get; init; }

    /// <summary>
    /// Gets the time to live, counted from the add. A message that no consumer took by then is deleted.
    /// </summary>
    /// <value>Null: the queue's setting, or no limit if the queue has none.</value>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>
    /// Gets the sender's id of this add, 1 to 200 characters. A second add with the same id within 5 minutes
    /// (<c>RestMqOptions.IdempotencyWindow</c>) adds nothing and returns the key of the first message.
    /// </summary>
    /// <value>Null: every add makes a new message.</value>
    public string? IdempotencyKey { get; init; }

    /// <summary>Gets how long <see cref="IdempotencyKey"/> is remembered.</summary>
    /// <value>Null: <c>RestMqOptions.IdempotencyWindow</c>.</value>
    public TimeSpan? IdempotencyWindow { get; init; }

    /// <summary>
    /// Gets a number that depends on the body. With a fingerprint, a second add under the same
    /// <see cref="IdempotencyKey"/> is a duplicate only if its fingerprint is the same.
    /// </summary>
    /// <value>Null: every second add under the key is a duplicate.</value>
    internal uint? Fingerprint { get; init; }

    /// <summary>
    /// Gets how safe the message must be before the add is answered. A batch in which one message is to be replicated
    /// waits for the replicas as a whole.
    /// </summary>
    /// <value>Null: the queue's setting.</value>
    public Durability? Durability { get; init; }

    /// <summary>
    /// Gets the trace of the message, as a W3C <c>traceparent</c>. Consumers get it with the message.
    /// </summary>
    /// <value>Null: the trace of the current <see cref="System.Diagnostics.Activity"/>, if that activity is recorded or
    /// came with a trace from another process.</value>
    public string? TraceParent { get; init; }

    /// <summary>
    /// Gets the W3C <c>tracestate</c>, which tracing systems add to <see cref="TraceParent"/> and which travels with
    /// it. An invalid <c>tracestate</c> is dropped, as W3C Trace Context requires.
    /// </summary>
    /// <value>Null: none.</value>
    public string? TraceState
    {
        get;
        init => field = value is not null && TraceStates.IsValid(value) ? value : null;
    }
}

/// <summary>Specifies the outcome of an add. The default value is deliberately not a success.</summary>
public enum AddStatus
{
    /// <summary>Nothing was added, because the queue holds <see cref="QueueSettings.MaxLength"/> messages.</summary>
    Full,

    /// <summary>
    /// Nothing was added, because the idempotency key was used before. The key is the first message's.
    /// </summary>
    Duplicate,

    /// <summary>The message is in the store.</summary>
    Added,

    /// <summary>
    /// Nothing was added, because the idempotency key was used before with another message. The key is the first
    /// message's. If one message of a batch is refused so, all others are too, with a meaningless key.
    /// </summary>
    KeyReused,
}

/// <summary>Holds the outcome of an add and the key of the message.</summary>
/// <param name="Status">The outcome. Check it first: a full queue throws no exception, and the message was not
/// added.</param>
/// <param name="Key">The key of the message. For <see cref="AddStatus.Duplicate"/>, the key of the first message. For
/// <see cref="AddStatus.Full"/>, a meaningless key with the id 0, which no message has.</param>
public readonly record struct AddResult(AddStatus Status, MessageKey Key)
{
    /// <summary>
    /// Gets the point in the store's writes that replicas have yet to confirm. Null in the results that callers get.
    /// </summary>
    internal ReplicationPoint? Awaits { get; init; }
}

/// <summary>Identifies a write that replicas must confirm.</summary>
/// <param name="Queue">The queue that was written to. It selects the server.</param>
/// <param name="History">The name of the history of writes to which the write belongs. Only replicas of the same
/// history can confirm the write. After a failover, another server may answer that never had the write.</param>
internal sealed record ReplicationPoint(QueueName Queue, string History);
