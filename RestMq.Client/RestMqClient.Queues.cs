using System.Runtime.CompilerServices;
using System.Text.Json;
using RestMq.Client.Wire;
using RestMq.Wire;

namespace RestMq.Client;

public sealed partial class RestMqClient
{
    /// <inheritdoc/>
    public async Task<QueueMessage<T>?> PeekHeadAsync<T>(string queue, CancellationToken cancellationToken = default)
    {
        var typeInfo = _serializer.TypeInfo<T>();
        var command = Address.Fields(("body", """{"cmd":"get"}"""));
        using var response = await SendAsync(HttpMethod.Post, Address.Of("queue", queue), command, cancellationToken).ConfigureAwait(false);
        var reply = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        // The original protocol answers {"error":…} with status 200 for an empty queue. A get has no other failure.
        return reply.AsSpan().StartsWith("{\"error\""u8) ? null : new QueueMessage<T>(MessageReader.Read(reply), typeInfo);
    }

    /// <inheritdoc/>
    public async Task<PeekedMessage<T>?> PeekAsync<T>(MessageKey key, CancellationToken cancellationToken = default)
    {
        var typeInfo = _serializer.TypeInfo<T>();
        try
        {
            using var response = await SendAsync(HttpMethod.Get, Address.Of(key), null, cancellationToken).ConfigureAwait(false);
            var reply = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            return new PeekedMessage<T>(MessageReader.Read(reply), typeInfo);
        }
        catch (RestMqClientException e) when (e.Type == ProblemTypes.NotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<PeekedMessage<T>>> BrowseAsync<T>(
        string queue, MessageState state = MessageState.Ready, CancellationToken cancellationToken = default)
    {
        var typeInfo = _serializer.TypeInfo<T>();
        return AskAsync<IReadOnlyList<PeekedMessage<T>>>(
            HttpMethod.Get, $"{Address.Of("j", queue)}?state={WireNames.Of(state)}", null,
            reply => MessageReader.ReadMember(reply, "messages").ConvertAll(wire => new PeekedMessage<T>(wire, typeInfo)), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> DeleteQueueAsync(string queue, CancellationToken cancellationToken = default) =>
        AskAsync(HttpMethod.Delete, Address.Of("q", queue), null, static reply => reply.GetProperty("status").GetInt32() == 1, cancellationToken);

    /// <inheritdoc/>
    public Task<long> PurgeAsync(string queue, MessageState state, CancellationToken cancellationToken = default) => AskAsync(
        HttpMethod.Delete, $"{Address.Of("q", queue)}?state={WireNames.Of(state)}", null, static reply => reply.GetProperty("count").GetInt64(), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<QueueName> ListAllAsync(CancellationToken cancellationToken = default) => PagesAsync<QueueName>(
        "q", static reply => [.. reply.GetProperty("queues").EnumerateArray().Select(name => QueueName.Parse(name.GetString()!))], cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<QueueStats> StatsOfAllAsync(CancellationToken cancellationToken = default) => PagesAsync<QueueStats>(
        "stats", static reply => [.. reply.GetProperty("queues").EnumerateObject().Select(queue => QueueJson.ReadStats(queue.Value))], cancellationToken);

    /// <inheritdoc/>
    public Task<QueueStats> StatsAsync(string queue, CancellationToken cancellationToken = default) =>
        AskAsync(HttpMethod.Get, Address.Of("stats", queue), null, QueueJson.ReadStats, cancellationToken);

    /// <inheritdoc/>
    public Task<QueueSettings> GetSettingsAsync(string queue, CancellationToken cancellationToken = default) =>
        AskAsync(HttpMethod.Get, Address.Of("p", queue), null, QueueJson.ReadSettings, cancellationToken);

    /// <inheritdoc/>
    public Task<QueueSettings> ConfigureAsync(string queue, QueueSettingsChange change, CancellationToken cancellationToken = default) =>
        AskAsync(HttpMethod.Post, Address.Of("p", queue), Address.Fields(
            ("policy", change.Policy is { } policy ? WireNames.Of(policy) : null), ("max_receives", change.MaxReceives),
            ("max_length", change.MaxLength), ("ttl", change.TimeToLive), ("history", change.History), ("history_bytes", change.HistoryBytes),
            ("durability", Word(change.Durability)), ("status", change.Stopped switch { null => null, true => "stop", false => "start" })),
            QueueJson.ReadSettings, cancellationToken);

    /// <inheritdoc/>
    public async Task<long> RedriveAsync(string queue, CancellationToken cancellationToken = default) =>
        (await ControlAsync(queue, "status=redrive", cancellationToken).ConfigureAwait(false)).GetProperty("redriven").GetInt64();

    /// <inheritdoc/>
    public async Task<bool> RedriveAsync(MessageKey key, CancellationToken cancellationToken = default)
    {
        try
        {
            var stat = await ControlAsync(Address.QueueOf(key).Value, Address.Fields(("status", "redrive"), ("key", key)), cancellationToken).ConfigureAwait(false);
            return stat.GetProperty("redriven").GetInt64() == 1;
        }
        catch (RestMqClientException e) when (e.Type == ProblemTypes.NotFound)
        {
            return false;
        }
    }

    private static string? Word(Durability? durability) => durability is { } set ? WireNames.Of(set) : null;

    private async IAsyncEnumerable<T> PagesAsync<T>(
        string address, Func<JsonElement, List<T>> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var page = address; ;)
        {
            var (items, next) = await AskAsync(
                HttpMethod.Get, page, null,
                reply => (read(reply), reply.TryGetProperty("next", out var after) ? after.GetString() : null), cancellationToken).ConfigureAwait(false);
            foreach (var item in items) yield return item;
            if (next is null) yield break;
            page = $"{address}?after={Uri.EscapeDataString(next)}";
        }
    }

    private Task<JsonElement> ControlAsync(string queue, string status, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Post, Address.Of("control", queue), status, static reply => reply.GetProperty("stat").Clone(), cancellationToken);

    private async Task<TResult> AskAsync<TResult>(
        HttpMethod method, string address, string? fields, Func<JsonElement, TResult> read, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, address, fields, cancellationToken).ConfigureAwait(false);
        try
        {
            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            using var reply = await JsonDocument.ParseAsync(body, MessageReader.Options, cancellationToken).ConfigureAwait(false);
            return read(reply.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw RestMqClientException.NotRestMq(e);
        }
    }
}
