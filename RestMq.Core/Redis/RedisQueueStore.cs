using System.Globalization;
using Microsoft.Extensions.Logging;
using RestMq.Stores;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// The store on Redis 6.2 or later. Each operation is one script (see <c>Scripts/</c>), so each is atomic; all keys of a queue are in one
/// slot. This file adds and hands out; the others settle, look and administer, and listen.
/// </summary>
internal sealed partial class RedisQueueStore : IQueueStore, IAsyncDisposable
{
    private readonly RedisConnection _connection;
    private readonly RedisValue _idempotencyWindow;
    private readonly string _prefix;
    private readonly TimeProvider _time;

    /// <param name="options">Where Redis is.</param>
    /// <param name="idempotencyWindow">How long an idempotency key is remembered.</param>
    /// <param name="logger">Told of connections lost and restored.</param>
    /// <param name="metrics">Told of what goes without anybody's doing.</param>
    /// <param name="time">The clock of what it does itself now and then; the system's by default. That of messages is Redis' own.</param>
    public RedisQueueStore(
        RedisStoreOptions options, TimeSpan idempotencyWindow, ILogger<RedisQueueStore> logger, QueueMetrics metrics, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _prefix = options.KeyPrefix;
        _idempotencyWindow = Milliseconds(idempotencyWindow);
        _connection = new RedisConnection(options, logger, metrics);
        _connection.Restored += OnRestored;
        _probe = new RedisProbe(_connection, _prefix, () => !_listeners.IsEmpty, _time, logger);
        _index = new RedisQueueIndex(_connection, RedisKeys.Queues(_prefix), _time, logger);
    }

    public string Description => _connection.Description;

    public bool IsRemote => true;

    public async ValueTask<AddResult[]> AddAsync(
        QueueName queue, IReadOnlyList<NewMessage> messages, bool whole, CancellationToken cancellationToken)
    {
        var keys = KeysOf(queue);
        List<RedisKey>? once = null;
        var arguments = new List<RedisValue>(6 + messages.Count) { keys.Wake, _idempotencyWindow, whole ? messages.Count : 0 };
        AppendRuns(arguments, messages, keys, ref once);
        var reply = (RedisResult[])(await _connection
            .EvaluateAsync(RedisScript.Add, queue, once is null ? keys.All : [.. once], [.. arguments], cancellationToken).ConfigureAwait(false))!;
        await _index.NoteExistingAsync(queue, keys.Meta, isNew: (long)reply[0] == 1).ConfigureAwait(false);

        var results = new AddResult[messages.Count];
        var first = (long)reply[1];
        for (var i = 0; i < results.Length; i++)
        {
            var id = first > 0 ? first + i : (long)reply[i + 2];
            results[i] = new AddResult(
                id > 0 ? AddStatus.Added : id < 0 ? AddStatus.Duplicate : AddStatus.Full, new MessageKey(queue, Math.Abs(id)));
        }
        return results;
    }

    public async ValueTask<LeasedBatch> LeaseAsync(QueueName queue, IReadOnlyList<LeaseRequest> requests, CancellationToken cancellationToken) =>
        (await ExchangeAsync(queue, [], requests, cancellationToken).ConfigureAwait(false)).Leased;

    public async ValueTask<SettleResult[]> SettleAsync(
        QueueName queue, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken) =>
        (await ExchangeAsync(queue, settlements, [], cancellationToken).ConfigureAwait(false)).Settled;

    public async ValueTask<Exchanged> ExchangeAsync(
        QueueName queue, IReadOnlyList<Settlement> settlements, IReadOnlyList<LeaseRequest> requests, CancellationToken cancellationToken)
    {
        var keys = KeysOf(queue);
        var arguments = new List<RedisValue>(2 + settlements.Count + 3) { keys.Wake, 0 };
        AppendRuns(arguments, requests);
        arguments[1] = arguments.Count - 2;
        foreach (var settlement in settlements) Append(arguments, settlement);
        var reply = (RedisResult[])(await _connection
            .EvaluateAsync(RedisScript.Exchange, queue, keys.All, [.. arguments], cancellationToken).ConfigureAwait(false))!;
        var settled = new SettleResult[settlements.Count];
        // Not a list: all are done.
        if (reply[0].Length < 0) Array.Fill(settled, SettleResult.Done);
        else settled = Array.ConvertAll((RedisResult[])reply[0]!, static result => SettledAs((int)result));
        return new Exchanged(settled, requests.Count == 0 ? default : Leased(queue, requests, reply));
    }

    public async ValueTask DisposeAsync()
    {
        await _probe.DisposeAsync().ConfigureAwait(false);
        await _index.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private static SettleResult SettledAs(int told) => told switch { 0 => SettleResult.Done, 1 => SettleResult.Stale, _ => SettleResult.Unknown };

    private static RedisValue Options(NewMessage message, RedisKeys keys, ref List<RedisKey>? once)
    {
        if (message is { Delay.Ticks: 0, TimeToLive: null, IdempotencyKey: null }) return RedisValue.EmptyString;
        var index = 0;
        if (message.IdempotencyKey is { } id)
        {
            once ??= [.. keys.All];
            once.Add(keys.Once(id));
            index = once.Count;
        }
        return string.Create(
            CultureInfo.InvariantCulture, $"{Milliseconds(message.Delay)} {Milliseconds(message.TimeToLive ?? TimeSpan.Zero)} {index}");
    }

    // Messages that differ in their bytes alone are one run.
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

    private static LeasedBatch Leased(QueueName queue, IReadOnlyList<LeaseRequest> requests, RedisResult[] reply)
    {
        const int Heads = 4;
        var handOuts = (string?)reply[3] is { Length: > 0 } numbers ? numbers.Split(' ') : null;
        var messages = new QueueMessage[reply.Length - Heads];
        for (var i = 0; i < messages.Length; i++)
        {
            var number = handOuts is null ? 1 : long.Parse(handOuts[i], CultureInfo.InvariantCulture);
            messages[i] = RedisBody.Read(queue, number, (byte[])reply[i + Heads]!);
        }
        var next = Due(reply[1]);
        // Only a reply of too few tells that nothing more was ready.
        var more = next == TimeSpan.Zero || messages.Length >= requests.Sum(static request => (long)request.Count);
        return new LeasedBatch(messages, next, reply[2].Length < 0 ? default : Live(reply[2]), more, next);
    }

    // Gathered callers mostly want the same, one after another: then they are one request to the script.
    private static void AppendRuns(List<RedisValue> arguments, IReadOnlyList<LeaseRequest> requests)
    {
        for (var i = 0; i < requests.Count;)
        {
            var (count, first) = (0, requests[i]);
            for (; i < requests.Count && first == requests[i] with { Count = first.Count }; i++) count += requests[i].Count;
            arguments.AddRange([count, Milliseconds(first.Lease), first.Held ? $"2:{first.Bytes}" : first.Live ? $"1:{first.Bytes}" : 0]);
        }
    }

    private static void Append(List<RedisValue> arguments, Settlement settlement)
    {
        var id = settlement.Receipt.Key.Id;
        if (settlement is { Action: SettleAction.Ack, Receipt.Fence: 1 })
        {
            arguments.Add(id);
            return;
        }
        RedisValue action = settlement.Action switch
        {
            SettleAction.Ack => "ack",
            SettleAction.Extend => "extend",
            SettleAction.Release => "release",
            SettleAction.Return => "return",
            SettleAction.Bury => "bury",
            _ => throw new ArgumentOutOfRangeException(nameof(settlement), settlement.Action, "No such action."),
        };
        RedisValue argument = settlement.Action is SettleAction.Bury ? settlement.Reason ?? "" : Milliseconds(settlement.Time);
        arguments.AddRange(["-", id, settlement.Receipt.Fence, action, argument]);
    }

    // Never less than the time that was asked: a lease of 0.4 ms must not be one of none.
    private static long Milliseconds(TimeSpan time) => (long)Math.Ceiling(time.TotalMilliseconds);

    private static TimeSpan? Due(RedisResult milliseconds) => (long)milliseconds < 0 ? null : TimeSpan.FromMilliseconds((long)milliseconds);

    private static LiveState Live(RedisResult told) => new(PolicyOf(told[0]), (string?)told[1] == "stopped", Number(told[2]) ?? 0);

    private static QueuePolicy PolicyOf(RedisResult policy) => (string?)policy == "roundrobin" ? QueuePolicy.RoundRobin : QueuePolicy.Broadcast;
}
