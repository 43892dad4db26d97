using System.Globalization;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Adds messages. A host knows the <see cref="RedisIdentity"/> of the server that keeps a queue, and the script
/// contains this identity. On another server, writes may have been lost, so the script goes on with ids that were never
/// given out.
/// </summary>
internal sealed partial class RedisQueueStore
{
    // The index of the argument that is 1 when the identity has just been read from the server.
    private const int ServerIsFresh = 3;

    // How many servers one add identifies when the primary changes again and again.
    private const int MaxServers = 5;

    // The server that was identified last, and the number of the connection then. Most queues are on this server.
    private (RedisIdentity Server, int Connection)? _server;
    private int _connections;

    public async ValueTask<AddResult[]> AddAsync(
        QueueName queue, IReadOnlyList<NewMessage> messages, bool allOrNothing, CancellationToken cancellationToken)
    {
        await _format.EnsureAsync(cancellationToken).ConfigureAwait(false);
        await CheckRoomForQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        var keys = KeysOf(queue);
        List<RedisKey>? once = null;
        var asks = messages.Any(static message => message.Durability is Durability.Replicated);
        var arguments = new List<RedisValue>(9 + messages.Count)
        {
            keys.Wake, _idempotencyWindow, allOrNothing ? messages.Count : 0, 0, keys.LastId, asks ? 1 : 0,
        };
        AppendRuns(arguments, messages, keys, ref once);
        var reply = await AddAsync(queue, keys, once is null ? keys.All : [.. once], [.. arguments], cancellationToken).ConfigureAwait(false);
        var (isNew, byDefault) = (((long)reply[0] & 1) != 0, ((long)reply[0] & 2) != 0);
        await _index.NoteExistingAsync(queue, keys.Meta, isNew).ConfigureAwait(false);

        var point = asks || byDefault ? new ReplicationPoint(queue, (string?)reply[^1] ?? "") : null;
        var results = new AddResult[messages.Count];
        var first = (long)reply[1];
        for (var i = 0; i < results.Length; i++)
        {
            var (status, id) = first > 0 ? (AddStatus.Added, first + i) : OutcomeOf(reply[i + 2]);
            var waits = status is AddStatus.Added or AddStatus.Duplicate && (messages[i].Durability is { } durability ? durability is Durability.Replicated : byDefault);
            results[i] = new AddResult(status, new MessageKey(queue, id)) { Awaits = waits ? point : null };
            keys.NoteId(id);
        }
        return results;
    }

    private async ValueTask<RedisResult[]> AddAsync(
        QueueName queue, RedisKeys keys, RedisKey[] all, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        var connection = Volatile.Read(ref _connections);
        if ((keys.Server ?? _server) is { } known && known.Connection == connection)
        {
            try
            {
                var reply = await _connection.EvaluateAsync(RedisScripts.Add, queue, all, arguments, known.Server, cancellationToken).ConfigureAwait(false);
                if (IsDone(reply)) return (RedisResult[])reply!;
            }
            catch (OtherRedisServerException)
            {
                // The other server is identified below.
            }
        }
        arguments[ServerIsFresh] = 1;
        for (var left = MaxServers; left > 0; left--)
        {
            var server = await _connection.IdentifyAsync(keys.Meta, cancellationToken).ConfigureAwait(false);
            keys.Server = _server = (server with { IsFresh = false }, connection);
            var reply = await _connection.EvaluateAsync(RedisScripts.Add, queue, all, arguments, server, cancellationToken).ConfigureAwait(false);
            if (IsDone(reply)) return (RedisResult[])reply!;
        }
        throw new RestMqUnavailableException(
            $"Redis changed its primary {MaxServers} times during one add. Try again soon.", null);
    }

    // Reads what the script replies for one message.
    private static (AddStatus Status, long Id) OutcomeOf(RedisResult reply)
    {
        if (reply.Resp2Type is ResultType.BulkString) return (AddStatus.KeyReused, long.Parse(((string)reply!).AsSpan(1), CultureInfo.InvariantCulture));
        var id = (long)reply;
        return id > 0 ? (AddStatus.Added, id) : id < 0 ? (AddStatus.Duplicate, -id) : (AddStatus.Full, 0);
    }

    private static bool IsDone(RedisResult reply) => reply.Length > 1;

    private static RedisValue Options(NewMessage message, RedisKeys keys, ref List<RedisKey>? once)
    {
        if (message is { Delay.Ticks: 0, TimeToLive: null, IdempotencyKey: null }) return RedisValue.EmptyString;
        var times = string.Create(CultureInfo.InvariantCulture, $"{Milliseconds(message.Delay)} {Milliseconds(message.TimeToLive ?? TimeSpan.Zero)}");
        if (message.IdempotencyKey is not { } id) return times + " 0";
        once ??= [.. keys.All];
        once.Add(keys.Once(id));
        long? window = message.IdempotencyWindow is { } time ? Milliseconds(time) : null;
        return string.Create(CultureInfo.InvariantCulture, $"{times} {once.Count} {message.Fingerprint} {window}");
    }

    // Appends the messages in runs. The messages of a run differ only in their bytes.
    private static void AppendRuns(List<RedisValue> arguments, IReadOnlyList<NewMessage> messages, RedisKeys keys, ref List<RedisKey>? once)
    {
        for (var i = 0; i < messages.Count;)
        {
            var (count, first) = (arguments.Count, messages[i]);
            arguments.AddRange([0, RedisBody.Kind(first), Options(first, keys, ref once)]);
            var start = arguments.Count;
            do arguments.Add(messages[i++].Body.Bytes);
            while (i < messages.Count && AreAlike(messages[i], first));
            arguments[count] = arguments.Count - start;
        }
    }

    private static bool AreAlike(in NewMessage one, in NewMessage other) =>
        (one.Body.Kind, one.Body.ContentType, one.TraceParent, one.TraceState) == (other.Body.Kind, other.Body.ContentType, other.TraceParent, other.TraceState)
        && (one.Delay, one.TimeToLive) == (other.Delay, other.TimeToLive) && (one.IdempotencyKey, other.IdempotencyKey) == (null, null);
}
