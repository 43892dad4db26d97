namespace RestMq.Client;

/// <summary>A message whose bytes are read from the connection as they are needed. Disposing it frees the connection.</summary>
public sealed class StreamMessage : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;

    internal StreamMessage(HttpResponseMessage response, Stream body, string key, string? receipt, long count) =>
        (_response, Body, Key, Receipt, Count) = (response, body, key, receipt, count);

    /// <summary>Its key, such as <c>orders:12</c>.</summary>
    public string Key { get; }

    /// <summary>What this hand-out is settled with; null when it was taken without a lease.</summary>
    public string? Receipt { get; }

    /// <summary>How many times it has been handed out, this time included.</summary>
    public long Count { get; }

    /// <summary>What the bytes are, such as <c>image/png</c>.</summary>
    public string? ContentType => _response.Content.Headers.ContentType?.ToString();

    /// <summary>Its bytes, to be read once.</summary>
    public Stream Body { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Body.DisposeAsync().ConfigureAwait(false);
        _response.Dispose();
    }
}
