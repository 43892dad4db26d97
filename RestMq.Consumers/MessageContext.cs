namespace RestMq;

/// <summary>A message as its handler gets it.</summary>
/// <param name="message">What it was read as.</param>
/// <param name="raw">What it was read from.</param>
public sealed class MessageContext<TMessage>(TMessage message, SourceMessage raw)
{
    /// <summary>The message.</summary>
    public TMessage Message { get; } = message;

    /// <summary>The message as it came: its bytes, their content type, its receipt.</summary>
    public SourceMessage Raw { get; } = raw;

    /// <summary>The queue it came from.</summary>
    public string Queue => Raw.Queue;

    /// <summary>Its key, such as <c>orders:12</c>: the same each time it comes, so fit to recognise it by.</summary>
    public string Key => Raw.Key;

    /// <summary>How many times it has been handed out, this time included.</summary>
    public long Count => Raw.Count;
}
