namespace RestMq;

/// <summary>What to do with a message that was handed out.</summary>
public enum SettleAction
{
    /// <summary>Delete it: the work is done.</summary>
    Ack,

    /// <summary>Keep it: the lease ends later.</summary>
    Extend,

    /// <summary>Give it back, to the head of the queue, at once or after a time; the hand-out counts.</summary>
    Release,

    /// <summary>Give it back as if it had never been handed out; the hand-out does not count.</summary>
    Return,

    /// <summary>Put it among the dead letters.</summary>
    Bury,
}

/// <summary>How one hand-out ends.</summary>
/// <param name="Receipt">What was handed out. Without a fence it means the message wherever it is, which only <see cref="SettleAction.Ack"/> may.</param>
/// <param name="Action">What to do.</param>
public readonly record struct Settlement(Receipt Receipt, SettleAction Action)
{
    /// <summary>The new lease from now for <see cref="SettleAction.Extend"/>; the pause before <see cref="SettleAction.Release"/> takes effect.</summary>
    public TimeSpan Time { get; init; }

    /// <summary>Why it is buried, in a few words.</summary>
    public string? Reason { get; init; }
}

/// <summary>What a settlement came to. A value that nobody set is not success.</summary>
public enum SettleResult
{
    /// <summary>There is no such message: it was deleted, or never was.</summary>
    Unknown,

    /// <summary>The message has been given back or handed out again since: nothing was changed.</summary>
    Stale,

    /// <summary>Done.</summary>
    Done,
}
