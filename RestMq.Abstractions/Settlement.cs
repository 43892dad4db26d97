namespace RestMq;

/// <summary>Specifies how to settle a delivery.</summary>
public enum SettleAction
{
    /// <summary>Deletes the message, because the work is done.</summary>
    Ack,

    /// <summary>Moves the end of the lease.</summary>
    Extend,

    /// <summary>Returns the message to the head of the queue, at once or after a delay. The delivery counts.</summary>
    Release,

    /// <summary>Returns the message to the head of the queue at once. The delivery does not count.</summary>
    Return,

    /// <summary>Makes the message a dead letter.</summary>
    Bury,
}

/// <summary>Settles one delivery.</summary>
/// <param name="Receipt">The receipt of the delivery. Without a fence it means the message in any state, which only
/// <see cref="SettleAction.Ack"/> supports.</param>
/// <param name="Action">The way to settle the delivery.</param>
public readonly record struct Settlement(Receipt Receipt, SettleAction Action)
{
    /// <summary>
    /// Gets the new lease from now for <see cref="SettleAction.Extend"/>, or the delay for
    /// <see cref="SettleAction.Release"/>.
    /// </summary>
    public TimeSpan Time { get; init; }

    /// <summary>Gets the reason for <see cref="SettleAction.Bury"/>, in a few words.</summary>
    public string? Reason { get; init; }
}

/// <summary>Specifies the outcome of a settlement. The default value is deliberately not a success.</summary>
public enum SettleResult
{
    /// <summary>Nothing changed, because the message does not exist (any more).</summary>
    Unknown,

    /// <summary>Nothing changed, because the delivery has ended: its lease ended, or it was settled before.</summary>
    Stale,

    /// <summary>The delivery was settled.</summary>
    Done,
}
