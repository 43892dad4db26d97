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
        return reply is null ? null : new LeasedMessage<T>(this, MessageReader.Read(reply), typeInfo, lease, _time);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LeasedMessage<T>>> LeaseManyAsync<T>(
        string queue, int max, TimeSpan lease, TimeSpan wait = default, CancellationToken cancellationToken = default)
    {
        var typeInfo = _serializer.TypeInfo<T>();
        var reply = await TakeAsync(queue, max, lease, wait, cancellationToken).ConfigureAwait(false);
        return reply is null ? [] : MessageReader.ReadLines(reply).ConvertAll(wire => new LeasedMessage<T>(this, wire, typeInfo, lease, _time));
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
        if (!MessageKey.TryParse(Header("RestMQ-Key"), out var key) || !long.TryParse(Header("RestMQ-Count"), CultureInfo.InvariantCulture, out var count))
        {
            using (response) throw RestMqClientException.NotRestMq();
        }
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return new StreamMessage(response, body, key, Receipt.TryParse(Header("RestMQ-Receipt"), out var receipt) ? receipt : null, count)
        {
            TraceParent = Raw("traceparent"),
            TraceState = Raw("tracestate"),
        };

        // Headers hold ASCII, so the host percent-encodes a key with other characters. The encoding also replaces the
        // colon that every key has, so a value with a colon is not encoded.
        string? Header(string name) => Raw(name) is { } text && !text.Contains(':') ? Uri.UnescapeDataString(text) : Raw(name);

        string? Raw(string name) => response.Headers.TryGetValues(name, out var values) ? string.Concat(values) : null;
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
        var address = Address.WithQuery(Address.Of("q", queue), fields);
        if (wait == default)
            return await SendAsync(_http(), new HttpRequestMessage(HttpMethod.Get, address), cancellationToken, completion).ConfigureAwait(false);
        if (wait > LongestWait) wait = LongestWait;
        // The HttpClient for waits has no timeout. This deadline ends the request after the wait and the reply timeout.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(wait + _options.ReplyTimeout);
        var (start, shortest) = (_time.GetTimestamp(), TimeSpan.MaxValue);
        while (true)
        {
            var (left, asked) = (wait - _time.GetElapsedTime(start), _time.GetTimestamp());
            if (left > shortest) left = shortest;
            // A request asks for whole seconds, so a cut is compared with whole seconds too.
            left = left >= Second ? TimeSpan.FromSeconds(Math.Ceiling(left.TotalSeconds)) : wait < Second ? wait : Second;
            try
            {
                var response = await SendAsync(_waitingHttp(), Wait(address, left), deadline.Token, completion).ConfigureAwait(false);
                // After a wait that was cut, the rest is waited for in parts.
                if (response.StatusCode != HttpStatusCode.NoContent || shortest == TimeSpan.MaxValue || wait - _time.GetElapsedTime(start) < Second) return response;
                response.Dispose();
            }
            catch (Exception e) when (CutRequest.IsCut(e) && !deadline.IsCancellationRequested && _time.GetElapsedTime(asked) is var cut && cut > Second && cut < left)
            {
                // A handler of the application has cut the wait, and would cut a wait of the same length again. Nothing is
                // lost, because the host deletes or leases a message only for a client that is there. The seconds are
                // rounded down, because a part that is rounded up can be longer than the cut.
                shortest = TimeSpan.FromSeconds(Math.Max(1, Math.Floor(cut.TotalSeconds * 0.8)));
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

    // The host refuses a `wait` in the query that is longer than it allows, but shortens a `Prefer: wait`. The header knows
    // only whole seconds (RFC 7240), so a wait of less than a second goes into the query.
    private static HttpRequestMessage Wait(string address, TimeSpan wait)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (wait >= Second)
        {
            var preference = string.Create(CultureInfo.InvariantCulture, $"wait={wait.TotalSeconds}");
            request.Headers.TryAddWithoutValidation("Prefer", preference);
        }
        return request;
    }
}
