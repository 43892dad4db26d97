namespace RestMq;

/// <summary>Holds a leased message as its source delivered it: its bytes, and the receipt that settles it.</summary>
public sealed class SourceMessage
{
    /// <summary>Gets the receipt that settles this delivery, such as <c>orders:12.3</c>.</summary>
    public required Receipt Receipt { get; init; }

    /// <summary>Gets the key of the message, such as <c>orders:12</c>.</summary>
    public MessageKey Key => Receipt.Key;

    /// <summary>Gets the queue of the message.</summary>
    public QueueName Queue => Receipt.Key.Queue;

    /// <summary>Gets the delivery count: how many deliveries the message has had, this one included.</summary>
    public required long DeliveryCount { get; init; }

    /// <summary>Gets when the message was added, by the store's clock. Null when the source does not say.</summary>
    public DateTimeOffset? Added { get; init; }

    /// <summary>Gets the bytes of the message.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>
    /// Gets the content type of the message, such as <c>application/json</c>. Null when it is not known.
    /// </summary>
    public string? ContentType { get; init; }

    /// <summary>Gets the W3C <c>traceparent</c> of the producer. Null when it sent none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Gets the W3C <c>tracestate</c> of the producer. Null when it sent none.</summary>
    public string? TraceState { get; init; }
}
