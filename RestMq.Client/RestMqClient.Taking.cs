using System.Globalization;
using System.Net;
using RestMq.Client.Wire;

namespace RestMq.Client;

public sealed partial class RestMqClient
{
    /// <inheritdoc/>
    public async Task<QueueMessage<T>?> TakeAsync<T>(string queue, TimeSpan wait = default, CancellationToken cancellationToken = default) =>
        await TakeAsync(queue, null, null, wait, cancellationToken).ConfigureAwait(false) is { } reply
            ? new QueueMessage<T>(MessageReader.Read(reply), _serializer)
            : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<QueueMessage<T>>> TakeManyAsync<T>(
        string queue, int max, TimeSpan wait = default, CancellationToken cancellationToken = default) =>
        await TakeAsync(queue, max, null, wait, cancellationToken).ConfigureAwait(false) is { } reply
            ? MessageReader.ReadLines(reply).ConvertAll(wire => new QueueMessage<T>(wire, _serializer))
            : [];

    /// <inheritdoc/>
    public async Task<LeasedMessage<T>?> LeaseAsync<T>(
        string queue, TimeSpan lease, TimeSpan wait = default, CancellationToken cancellationToken = default) =>
        await TakeAsync(queue, null, lease, wait, cancellationToken).ConfigureAwait(false) is { } reply
            ? new LeasedMessage<T>(this, MessageReader.Read(reply), _serializer)
            : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LeasedMessage<T>>> LeaseManyAsync<T>(
        string queue, int max, TimeSpan lease, TimeSpan wait = default, CancellationToken cancellationToken = default) =>
        await TakeAsync(queue, max, lease, wait, cancellationToken).ConfigureAwait(false) is { } reply
            ? MessageReader.ReadLines(reply).ConvertAll(wire => new LeasedMessage<T>(this, wire, _serializer))
            : [];

    /// <inheritdoc/>
    public async Task<StreamMessage?> TakeStreamAsync(
        string queue, TimeSpan? lease = null, TimeSpan wait = default, CancellationToken cancellationToken = default)
    {
        var query = Address.Fields(("format", "raw"), ("lease", lease), ("wait", wait == default ? null : wait));
        var response = await WaitAsync(queue, query, wait, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NoContent)
        {
            response.Dispose();
            return null;
        }
        // A header holds ASCII, so a name that is more came percent-encoded; a name cannot be both.
        string? Header(string name) => response.Headers.TryGetValues(name, out var values) ? Uri.UnescapeDataString(string.Concat(values)) : null;
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var count = long.Parse(Header("RestMQ-Count") ?? "0", CultureInfo.InvariantCulture);
        return new StreamMessage(response, body, Header("RestMQ-Key") ?? "", Header("RestMQ-Receipt"), count);
    }

    /// <summary>The body of the reply; null when there was no message.</summary>
    private async Task<byte[]?> TakeAsync(string queue, int? max, TimeSpan? lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        var query = Address.Fields(("max", max), ("lease", lease), ("wait", wait == default ? null : wait));
        using var response = await WaitAsync(queue, query, wait, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NoContent) return null;
        return await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> WaitAsync(
        string queue, string query, TimeSpan wait, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address.WithQuery(Address.Of("q", queue), query));
        if (wait == default) return await SendAsync(_http(), request, cancellationToken, completion).ConfigureAwait(false);
        // A client that waits has no timeout of its own, so that it is as long as the wait needs and no longer.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(wait + _options.Patience);
        try
        {
            return await SendAsync(_patient(), request, deadline.Token, completion).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TaskCanceledException(
                $"The host did not answer within {_options.Patience} after a wait of {wait}.", new TimeoutException(e.Message, e), deadline.Token);
        }
    }
}
