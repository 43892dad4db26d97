namespace RestMq;

/// <summary>Holds a message and its metadata for a handler.</summary>
/// <typeparam name="TMessage">The type that the message is read as.</typeparam>
/// <param name="message">The message as <typeparamref name="TMessage"/>.</param>
/// <param name="raw">The message as its source delivered it.</param>
public sealed class MessageContext<TMessage>(TMessage message, SourceMessage raw)
{
    /// <summary>Gets the message.</summary>
    public TMessage Message { get; } = message;

    /// <summary>Gets the message as its source delivered it: its bytes, content type and receipt.</summary>
    public SourceMessage Raw { get; } = raw;

    /// <summary>Gets the queue of the message.</summary>
    public QueueName Queue => Raw.Queue;

    /// <summary>
    /// Gets the key of the message, such as <c>orders:12</c>. It is the same on each delivery, so a handler can use it
    /// to recognise a message that it has handled before.
    /// </summary>
    public MessageKey Key => Raw.Key;

    /// <summary>Gets when the message was added, by the store's clock. Null when the source does not say.</summary>
    public DateTimeOffset? Added => Raw.Added;

    /// <summary>Gets the delivery count: how many deliveries the message has had, this one included.</summary>
    public long DeliveryCount => Raw.DeliveryCount;
}
