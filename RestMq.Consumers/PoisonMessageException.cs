namespace RestMq;

/// <summary>
/// Reports that a handler can never handle the message. A consumer buries the message with this reason instead of
/// trying again.
/// </summary>
public sealed class PoisonMessageException : Exception
{
    /// <summary>Creates the exception for a message that cannot be handled.</summary>
    /// <param name="reason">The reason that the dead letter shows. Its first 200 characters are kept.</param>
    /// <param name="inner">The cause, which is logged.</param>
    public PoisonMessageException(string reason, Exception? inner = null) : base(reason, inner)
    {
    }
}
