namespace RestMq.Client;

/// <summary>
/// Holds a message whose bytes are read from the connection on demand. Disposing the message frees the connection.
/// </summary>
public sealed class StreamMessage : IAsyncDisposable
{
    private readonly HttpResponseMessage? _response;

    /// <summary>Creates a message for tests of code that reads messages as streams.</summary>
    /// <param name="key">The key, such as <c>MessageKey.Parse("orders:12")</c>.</param>
    /// <param name="body">The bytes. Disposing the message disposes the stream.</param>
    /// <param name="contentType">The content type.</param>
    /// <param name="receipt">The receipt, or null for a message without a lease.</param>
    /// <param name="deliveryCount">The delivery count.</param>
    public StreamMessage(MessageKey key, Stream body, string? contentType = null, Receipt? receipt = null, long deliveryCount = 1) =>
        (Body, Key, Receipt, DeliveryCount, ContentType) = (body, key, receipt, deliveryCount, contentType);

    internal StreamMessage(HttpResponseMessage response, Stream body, MessageKey key, Receipt? receipt, long deliveryCount)
        : this(key, body, response.Content.Headers.ContentType?.ToString(), receipt, deliveryCount) => _response = response;

    /// <summary>Gets the key of the message, such as <c>orders:12</c>.</summary>
    public MessageKey Key { get; }

    /// <summary>Gets the queue of the message.</summary>
    public QueueName Queue => Key.Queue;

    /// <summary>Gets the receipt that settles this delivery. Null when the message was taken without a lease.</summary>
    public Receipt? Receipt { get; }

    /// <summary>Gets the delivery count: how many deliveries the message has had, this one included.</summary>
    public long DeliveryCount { get; }

    /// <summary>Gets the content type of the message, such as <c>image/png</c>.</summary>
    public string? ContentType { get; }

    /// <summary>Gets the W3C <c>traceparent</c> of the producer. Null when it sent none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Gets the W3C <c>tracestate</c> of the producer. Null when it sent none.</summary>
    public string? TraceState { get; init; }

    /// <summary>Gets the bytes of the message. The stream can be read once.</summary>
    public Stream Body { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Body.DisposeAsync().ConfigureAwait(false);
        _response?.Dispose();
    }
}
