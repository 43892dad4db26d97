using System.Runtime.CompilerServices;
using System.Text.Json;
using RestMq.Client.Wire;

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
    public async Task<PeekedMessage<T>?> PeekAsync<T>(string key, CancellationToken cancellationToken = default)
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
            HttpMethod.Get, $"{Address.Of("j", queue)}?state={Word(state)}", null,
            reply => MessageReader.ReadMember(reply, "messages").ConvertAll(wire => new PeekedMessage<T>(wire, typeInfo)), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> DeleteQueueAsync(string queue, CancellationToken cancellationToken = default) =>
        AskAsync(HttpMethod.Delete, Address.Of("q", queue), null, static reply => reply.GetProperty("status").GetInt32() == 1, cancellationToken);

    /// <inheritdoc/>
    public Task<long> PurgeAsync(string queue, MessageState state, CancellationToken cancellationToken = default) => AskAsync(
        HttpMethod.Delete, $"{Address.Of("q", queue)}?state={Word(state)}", null, static reply => reply.GetProperty("count").GetInt64(), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListAsync(CancellationToken cancellationToken = default) => PagesAsync<string>(
        "q", static reply => [.. reply.GetProperty("queues").EnumerateArray().Select(name => name.GetString()!)], cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<QueueInfo> StatsAsync(CancellationToken cancellationToken = default) => PagesAsync<QueueInfo>(
        "stats", static reply => [.. reply.GetProperty("queues").EnumerateObject().Select(queue => InfoOf(queue.Name, queue.Value))], cancellationToken);

    /// <inheritdoc/>
    public Task<QueueInfo> StatsAsync(string queue, CancellationToken cancellationToken = default) => AskAsync(
        HttpMethod.Get, Address.Of("stats", queue), null, static reply => InfoOf(reply.GetProperty("queue").GetString()!, reply), cancellationToken);

    /// <inheritdoc/>
    public Task<QueueConfiguration> GetConfigurationAsync(string queue, CancellationToken cancellationToken = default) =>
        AskAsync(HttpMethod.Get, Address.Of("p", queue), null, ConfigurationOf, cancellationToken);

    /// <inheritdoc/>
    public Task<QueueConfiguration> ConfigureAsync(string queue, QueueConfiguration change, CancellationToken cancellationToken = default) =>
        AskAsync(HttpMethod.Post, Address.Of("p", queue), Address.Fields(
            ("policy", change.Policy?.ToString().ToLowerInvariant()), ("max_receives", change.MaxReceives), ("max_length", change.MaxLength),
            ("ttl", change.TimeToLive), ("history", change.History), ("history_bytes", change.HistoryBytes),
            ("durability", Word(change.Durability))), ConfigurationOf, cancellationToken);

    /// <inheritdoc/>
    public Task ResumeAsync(string queue, CancellationToken cancellationToken = default) => ControlAsync(queue, "status=start", cancellationToken);

    /// <inheritdoc/>
    public Task PauseAsync(string queue, CancellationToken cancellationToken = default) => ControlAsync(queue, "status=stop", cancellationToken);

    /// <inheritdoc/>
    public async Task<long> RedriveAsync(string queue, CancellationToken cancellationToken = default) =>
        (await ControlAsync(queue, "status=redrive", cancellationToken).ConfigureAwait(false)).GetProperty("redriven").GetInt64();

    /// <inheritdoc/>
    public async Task<bool> RedriveOneAsync(string key, CancellationToken cancellationToken = default)
    {
        try
        {
            var stat = await ControlAsync(Address.QueueOf(key), Address.Fields(("status", "redrive"), ("key", key)), cancellationToken).ConfigureAwait(false);
            return stat.GetProperty("redriven").GetInt64() == 1;
        }
        catch (RestMqClientException e) when (e.Type == ProblemTypes.NotFound)
        {
            return false;
        }
    }

    private static string? Word(Durability? durability) => durability?.ToString().ToLowerInvariant();

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

    private static QueueInfo InfoOf(string queue, JsonElement reply) => new(queue)
    {
        Ready = reply.GetProperty("ready").GetInt64(),
        Leased = reply.GetProperty("leased").GetInt64(),
        Delayed = reply.GetProperty("delayed").GetInt64(),
        Dead = reply.GetProperty("dead").GetInt64(),
        TotalAdded = reply.GetProperty("added").GetInt64(),
        TotalSettled = reply.GetProperty("settled").GetInt64(),
        TotalExpired = reply.GetProperty("expired").GetInt64(),
        OldestAge = Seconds(reply.GetProperty("oldest_age")),
        Consumers = reply.GetProperty("consumers").GetInt32(),
        Policy = PolicyOf(reply.GetProperty("policy")),
        Durability = DurabilityOf(reply),
        Stopped = reply.GetProperty("status").GetInt32() == 0,
    };

    private static string Word(MessageState state) => state.ToString().ToLowerInvariant();

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
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new RestMqClientException(e);
        }
    }

    private static QueueConfiguration ConfigurationOf(JsonElement reply) => new()
    {
        Policy = PolicyOf(reply.GetProperty("value")),
        MaxReceives = reply.GetProperty("max_receives").GetInt32(),
        MaxLength = reply.GetProperty("max_length") is { ValueKind: JsonValueKind.Number } length ? length.GetInt64() : null,
        TimeToLive = Seconds(reply.GetProperty("ttl")),
        History = reply.GetProperty("history").GetInt32(),
        HistoryBytes = reply.TryGetProperty("history_bytes", out var bytes) ? bytes.GetInt64() : null, // Absent from older hosts.
        Durability = DurabilityOf(reply),
    };

    // Older hosts do not send the field. They know only Stored.
    private static Durability DurabilityOf(JsonElement reply) =>
        reply.TryGetProperty("durability", out var word) && word.ValueEquals("replicated"u8) ? Durability.Replicated : Durability.Stored;

    private static QueuePolicy PolicyOf(JsonElement word) => word.ValueEquals("roundrobin"u8) ? QueuePolicy.RoundRobin : QueuePolicy.Broadcast;

    private static TimeSpan? Seconds(JsonElement number) =>
        number.ValueKind == JsonValueKind.Number ? TimeSpan.FromSeconds(number.GetDouble()) : null;
}
