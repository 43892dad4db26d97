namespace RestMq;

/// <summary>A message as a consumer gets it.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Body">Its content.</param>
/// <param name="Count">How many times it has been handed out since it was added or redriven, this time included.</param>
/// <param name="Added">When it was added, by the store's clock.</param>
public sealed record QueueMessage(MessageKey Key, MessageBody Body, long Count, DateTimeOffset Added)
{
    /// <summary>What this hand-out is settled with.</summary>
    public Receipt Receipt => new(Key, FencesBefore + Count);

    /// <summary>The fences that were out of use when <see cref="Count"/> began anew, at the last redrive.</summary>
    internal long FencesBefore { get; init; }

    /// <summary>Its place in the live log of a broadcast queue, from 1: the id to resume after; 0 when it did not come that way.</summary>
    public long Sequence { get; init; }

    /// <summary>The trace in which it was sent, as a W3C <c>traceparent</c>, to link what is done with it to; null when there was none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The W3C <c>tracestate</c> that came with it; null when there was none.</summary>
    public string? TraceState { get; init; }
}

/// <summary>The place a message is in; it is in exactly one.</summary>
public enum MessageState
{
    /// <summary>Waiting to be taken.</summary>
    Ready,

    /// <summary>Handed out, and to be settled.</summary>
    Leased,

    /// <summary>Out of sight until it is due.</summary>
    Delayed,

    /// <summary>Buried: a dead letter.</summary>
    Dead,
}

/// <summary>A message looked at where it is, unchanged.</summary>
/// <param name="Message">The message; its count is of the hand-outs so far.</param>
/// <param name="State">The place it is in.</param>
/// <param name="Due">When a delay or a lease ends; null in the other places.</param>
/// <param name="Reason">Why it was buried; null in the other places.</param>
public sealed record MessageSnapshot(QueueMessage Message, MessageState State, DateTimeOffset? Due, string? Reason);
