namespace RestMq.Client;

/// <summary>
/// Holds a message whose bytes are read from the connection on demand. Disposing the message frees the connection.
/// </summary>
public sealed class StreamMessage : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;

    internal StreamMessage(HttpResponseMessage response, Stream body, string key, string? receipt, long count) =>
        (_response, Body, Key, Receipt, DeliveryCount) = (response, body, key, receipt, count);

    /// <summary>Gets the key of the message, such as <c>orders:12</c>.</summary>
    public string Key { get; }

    /// <summary>Gets the receipt that settles this delivery. Null when the message was taken without a lease.</summary>
    public string? Receipt { get; }

    /// <summary>Gets the delivery count: how many deliveries the message has had, this one included.</summary>
    public long DeliveryCount { get; }

    /// <summary>Gets the content type of the message, such as <c>image/png</c>.</summary>
    public string? ContentType => _response.Content.Headers.ContentType?.ToString();

    /// <summary>Gets the bytes of the message. The stream can be read once.</summary>
    public Stream Body { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Body.DisposeAsync().ConfigureAwait(false);
        _response.Dispose();
    }
}
