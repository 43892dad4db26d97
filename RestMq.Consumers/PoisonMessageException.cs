namespace RestMq;

/// <summary>Thrown by a handler that will never be able to handle the message: it is buried with this reason, rather than tried again.</summary>
public sealed class PoisonMessageException : Exception
{
    /// <summary>A message that cannot be handled.</summary>
    /// <param name="reason">Why, for those who look at the dead letters; the first 200 characters are kept.</param>
    /// <param name="inner">What was found out, for the log.</param>
    public PoisonMessageException(string reason, Exception? inner = null) : base(reason, inner)
    {
    }
}
