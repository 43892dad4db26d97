using RestMq.Wire;

namespace RestMq;

/// <summary>A message to add.</summary>
/// <param name="Body">Its content.</param>
public readonly record struct NewMessage(MessageBody Body)
{
    /// <summary>How long it stays out of sight first. <value>Zero: it is ready at once.</value></summary>
    public TimeSpan Delay { get; init; }

    /// <summary>
    /// How long it is worth keeping, from now; after that it is dropped unseen. <value>Null: the queue's setting, and
    /// with none, for ever.</value>
    /// </summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>
    /// The sender's own id for this add, 1 to 200 characters. A second add with the same id within
    /// five minutes (<c>RestMqOptions.IdempotencyWindow</c>) adds nothing and answers the first key.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>
    /// How safe the message must be before the add is answered. A batch with one that is to be replicated waits for the
    /// replicas as a whole.
    /// <value>Null: the queue's setting.</value>
    /// </summary>
    public Durability? Durability { get; init; }

    /// <summary>
    /// The trace it belongs to, as a W3C <c>traceparent</c>, which travels with it to whoever gets it. <value>Null: the
    /// sender's, if there is an
    /// <see cref="System.Diagnostics.Activity"/> that is recorded or came with a trace from elsewhere.</value>
    /// </summary>
    public string? TraceParent { get; init; }

    /// <summary>
    /// What tracing systems add to <see cref="TraceParent"/>, as a W3C <c>tracestate</c>, and which travels with that.
    /// One that is invalid is dropped, as the standard wants it. <value>Null: none.</value>
    /// </summary>
    public string? TraceState
    {
        get;
        init => field = value is not null && TraceStates.IsValid(value) ? value : null;
    }
}

/// <summary>What an add came to. A value that nobody set is not success.</summary>
public enum AddStatus
{
    /// <summary>The queue holds <see cref="QueueSettings.MaxLength"/> messages: nothing was added.</summary>
    Full,

    /// <summary>The idempotency key was used before: nothing was added, and the key is the first message's.</summary>
    Duplicate,

    /// <summary>The message is in the store.</summary>
    Added,
}

/// <summary>What an add came to, and the message's key.</summary>
/// <param name="Status">Whether it was added. Look at it first: a full queue is no exception, and the message was
/// dropped.</param>
/// <param name="Key"> The message's key; that of the first message for <see cref="AddStatus.Duplicate"/>. For
/// <see cref="AddStatus.Full"/> it means nothing (a key with the number 0, which no message has).
/// </param>
public readonly record struct AddResult(AddStatus Status, MessageKey Key)
{
    /// <summary>
    /// Where the add stands in the store's writes, while replicas have yet to confirm it; null for a caller.
    /// </summary>
    internal ReplicationPoint? Awaits { get; init; }
}

/// <summary>Something that was written, and that replicas are to have.</summary>
/// <param name="Queue">The queue that was written to; it tells where.</param>
/// <param name="History"> The name of the history of writes that it is part of. Only replicas of the same history can
/// tell whether they have it: after a failover another server may answer, which never had it.
/// </param>
internal sealed record ReplicationPoint(QueueName Queue, string History);
