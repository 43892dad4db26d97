using System.Globalization;
using System.Net;
using RestMq.Client.Wire;

namespace RestMq.Client;

public sealed partial class RestMqClient
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    // No host allows a longer wait.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public async Task<QueueMessage<T>?> TakeAsync<T>(string queue, TimeSpan wait = default, CancellationToken cancellationToken = default)
    {
        var typeInfo = _serializer.TypeInfo<T>();
        var reply = await TakeAsync(queue, null, null, wait, cancellationToken).ConfigureAwait(false);
        return reply is null ? null : new QueueMessage<T>(MessageReader.Read(reply), typeInfo);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<QueueMessage<T>>> TakeManyAsync<T>(
        string queue, int max, TimeSpan wait = default, CancellationToken cancellationToken = default)
    {
        var typeInfo = _serializer.TypeInfo<T>();
        var reply = await TakeAsync(queue, max, null, wait, cancellationToken).ConfigureAwait(false);
        return reply is null ? [] : MessageReader.ReadLines(reply).ConvertAll(wire => new QueueMessage<T>(wire, typeInfo));
    }

    /// <inheritdoc/>
    public async Task<LeasedMessage<T>?> LeaseAsync<T>(
        string queue, TimeSpan lease, TimeSpan wait = default, CancellationToken cancellationToken = default)
    {
        var typeInfo = _serializer.TypeInfo<T>();
        var reply = await TakeAsync(queue, null, lease, wait, cancellationToken).ConfigureAwait(false);
        return reply is null ? null : new LeasedMessage<T>(this, MessageReader.Read(reply), typeInfo);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LeasedMessage<T>>> LeaseManyAsync<T>(
        string queue, int max, TimeSpan lease, TimeSpan wait = default, CancellationToken cancellationToken = default)
    {
        var typeInfo = _serializer.TypeInfo<T>();
        var reply = await TakeAsync(queue, max, lease, wait, cancellationToken).ConfigureAwait(false);
        return reply is null ? [] : MessageReader.ReadLines(reply).ConvertAll(wire => new LeasedMessage<T>(this, wire, typeInfo));
    }

    /// <inheritdoc/>
    public async Task<StreamMessage?> TakeStreamAsync(
        string queue, TimeSpan? lease = null, TimeSpan wait = default, CancellationToken cancellationToken = default)
    {
        var fields = Address.Fields(("format", "raw"), ("lease", lease), ("wait", InQuery(wait)));
        var response = await WaitAsync(queue, fields, wait, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NoContent)
        {
            response.Dispose();
            return null;
        }
        if (Header("RestMQ-Key") is not { } key || !long.TryParse(Header("RestMQ-Count"), CultureInfo.InvariantCulture, out var count))
        {
            using (response) throw new RestMqClientException(inner: null);
        }
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return new StreamMessage(response, body, key, Header("RestMQ-Receipt"), count);

        // Headers hold ASCII, so the host percent-encodes a key with other characters. The encoding also replaces the
        // colon that every key has, so a value with a colon is not encoded.
        string? Header(string name) => !response.Headers.TryGetValues(name, out var values) ? null
            : string.Concat(values) is var text && text.Contains(':') ? text : Uri.UnescapeDataString(text);
    }

    /// <summary>Returns the body of the reply, or null when there was no message.</summary>
    private async Task<byte[]?> TakeAsync(string queue, int? max, TimeSpan? lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        var fields = Address.Fields(("max", max), ("lease", lease), ("wait", InQuery(wait)));
        using var response = await WaitAsync(queue, fields, wait, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NoContent) return null;
        return await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
    }

    private static TimeSpan? InQuery(TimeSpan wait) => wait == default || wait >= Second ? null : wait;

    private async Task<HttpResponseMessage> WaitAsync(
        string queue, string fields, TimeSpan wait, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Address.WithQuery(Address.Of("q", queue), fields));
        if (wait == default) return await SendAsync(_http(), request, cancellationToken, completion).ConfigureAwait(false);
        // The host refuses a `wait` in the query that is longer than it allows, but shortens a `Prefer: wait`. The
        // header knows only whole seconds (RFC 7240), so a wait of less than a second goes into the query.
        if (wait > LongestWait) wait = LongestWait;
        if (wait >= Second)
        {
            var preference = string.Create(CultureInfo.InvariantCulture, $"wait={Math.Ceiling(wait.TotalSeconds)}");
            request.Headers.TryAddWithoutValidation("Prefer", preference);
        }
        // The HttpClient for waits has no timeout. This deadline ends the request after the wait and the reply timeout.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(wait + _options.ReplyTimeout);
        try
        {
            return await SendAsync(_waitingHttp(), request, deadline.Token, completion).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TaskCanceledException(
                $"The host must answer within the wait of {wait} plus RestMqClientOptions.ReplyTimeout of "
                + $"{_options.ReplyTimeout}, but did not.",
                new TimeoutException(e.Message, e), deadline.Token);
        }
    }
}
