namespace RestMq.Client;

/// <summary>
/// Holds a message whose bytes are read from the connection on demand. Disposing the message frees the connection.
/// </summary>
public sealed class StreamMessage : IAsyncDisposable
{
    private readonly HttpResponseMessage? _response;

    /// <summary>Creates a message for tests of code that reads messages as streams.</summary>
    /// <param name="key">The key, such as <c>orders:12</c>.</param>
    /// <param name="body">The bytes. Disposing the message disposes the stream.</param>
    /// <param name="contentType">The content type.</param>
    /// <param name="receipt">The receipt, or null for a message without a lease.</param>
    /// <param name="count">The delivery count.</param>
    public StreamMessage(string key, Stream body, string? contentType = null, string? receipt = null, long count = 1) =>
        (Body, Key, Receipt, DeliveryCount, ContentType) = (body, key, receipt, count, contentType);

    internal StreamMessage(HttpResponseMessage response, Stream body, string key, string? receipt, long count) =>
        (_response, Body, Key, Receipt, DeliveryCount, ContentType) =
        (response, body, key, receipt, count, response.Content.Headers.ContentType?.ToString());

    /// <summary>Gets the key of the message, such as <c>orders:12</c>.</summary>
    public string Key { get; }

    /// <summary>Gets the receipt that settles this delivery. Null when the message was taken without a lease.</summary>
    public string? Receipt { get; }

    /// <summary>Gets the delivery count: how many deliveries the message has had, this one included.</summary>
    public long DeliveryCount { get; }

    /// <summary>Gets the content type of the message, such as <c>image/png</c>.</summary>
    public string? ContentType { get; }

    /// <summary>Gets the bytes of the message. The stream can be read once.</summary>
    public Stream Body { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Body.DisposeAsync().ConfigureAwait(false);
        _response?.Dispose();
    }
}
