using RestMq.Client.Wire;
using RestMq.Wire;

namespace RestMq.Client;

public sealed partial class RestMqClient
{
    private const string JsonLines = "application/x-ndjson";

    // The limits of the host, as far as its refusals told them.
    private volatile BatchLimits _limits = BatchLimits.Default;

    /// <inheritdoc/>
    public async Task<AddResult> AddAsync<T>(
        string queue, T message, AddMessageOptions? options = null, CancellationToken cancellationToken = default)
    {
        var content = _serializer.Content(message, options?.ContentType);
        return (await AddAsync(queue, content, options, KeyOf(options), 1, cancellationToken).ConfigureAwait(false))[0];
    }

    /// <inheritdoc/>
    public async Task<AddResult> AddStreamAsync(
        string queue, Stream message, AddMessageOptions? options = null, CancellationToken cancellationToken = default)
    {
        var content = MessageSerializer.Typed(new StreamContent(message), options?.ContentType ?? "application/octet-stream");
        return (await AddAsync(queue, content, options, KeyOf(options), 1, cancellationToken).ConfigureAwait(false))[0];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AddResult>> AddManyAsync<T>(
        string queue, IEnumerable<T> messages, AddMessageOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var batch = new LineBatch<T>(messages, _serializer.TypeInfo<T>(), options?.ContentType);
        var once = KeyOf(options);
        var added = new List<AddResult>();
        try
        {
            while (batch.Next(_limits) is { Count: > 0 } lines)
            {
                try
                {
                    // Each request has a key of its own, made of the number of messages before it. So the key and the number
                    // of a line always mean the same message, whatever the limits of the host.
                    var key = once is null || added.Count == 0 ? once : $"{once}+{added.Count}";
                    var content = MessageSerializer.Typed(lines.Bytes, JsonLines);
                    added.AddRange(await AddAsync(queue, content, options, key, lines.Count, cancellationToken).ConfigureAwait(false));
                    batch.Remove(lines);
                }
                catch (RestMqClientException e) when (_limits.Learn(e, lines) is { } learnt)
                {
                    // The host added nothing. The same lines go again, in smaller requests.
                    _limits = learnt;
                }
            }
        }
        catch (Exception e) when (added.Count > 0 && !(e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw new PartialAddException(added, e);
        }
        catch (OperationCanceledException e) when (added.Count > 0)
        {
            throw new OperationCanceledException($"The add was cancelled after the first {added.Count} messages were added.", e, cancellationToken);
        }
        return added;
    }

    private string? KeyOf(AddMessageOptions? options) =>
        options?.IdempotencyKey ?? (_options.IdempotentAdds ? Guid.NewGuid().ToString("N") : null);

    private async Task<AddResult[]> AddAsync(
        string queue, HttpContent content, AddMessageOptions? options, string? once, int count, CancellationToken cancellationToken)
    {
        TimeSpan? delay = options is { Delay.Ticks: not 0 } ? options.Delay : null;
        // A header cannot carry every key, so other keys go into the query.
        // A quote at the start of the header has a meaning.
        var inHeader = once is null || (!once.StartsWith('"') && HeaderValue.CanBe(HeaderValue.Checked(once, nameof(AddMessageOptions.IdempotencyKey))));
        var address = Address.WithQuery(Address.Of("q", queue), Address.Fields(
            ("delay", delay), ("ttl", options?.TimeToLive), ("durability", Word(options?.Durability)), ("id", inHeader ? null : once)));
        // The requests of this class are not disposed. Dispose would only dispose the content, which closes the
        // caller's stream.
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
        if (once is not null && inHeader) request.Headers.TryAddWithoutValidation("Idempotency-Key", once);
        using var response = await SendAsync(_http(), request, cancellationToken).ConfigureAwait(false);
        if (response.Content.Headers.ContentType?.MediaType != "text/plain") throw RestMqClientException.NotRestMq();
        var reply = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        // Only an attempt of the same call can have used a key that the client has made. Such a message was added by this call.
        var duplicates = options?.IdempotencyKey is not null && response.Headers.TryGetValues(DuplicateLines.Header, out var values) ? string.Concat(values) : null;
        return Results(reply.TrimEnd('\r', '\n').Split("\r\n"), duplicates, count);
    }

    private static AddResult[] Results(string[] keys, string? duplicates, int count)
    {
        if (keys.Length != count) throw RestMqClientException.NotRestMq();
        var known = duplicates is null ? null : DuplicateLines.Read(duplicates, count);
        var results = new AddResult[count];
        for (var i = 0; i < count; i++)
        {
            if (!MessageKey.TryParse(keys[i], out var key)) throw RestMqClientException.NotRestMq();
            results[i] = new AddResult(known?[i] == true ? AddStatus.Duplicate : AddStatus.Added, key);
        }
        return results;
    }
}
