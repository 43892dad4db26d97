using System.Globalization;
using Microsoft.Extensions.Logging;
using RestMq.Redis.Health;
using RestMq.Redis.Connections;
using RestMq.Stores;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Stores queues in Redis 6.2 or later. Each operation is one script (see <c>Scripts/</c>), so each operation is
/// atomic. All keys of a queue are in one cluster slot. This file leases and settles messages. The other files of the
/// class add messages, read and administer queues, and listen to wake-ups.
/// </summary>
internal sealed partial class RedisQueueStore : IQueueStore, IAsyncDisposable
{
    private readonly RedisConnection _connection;
    private readonly ReplicationBarrier? _barrier;
    private readonly RedisValue _idempotencyWindow;
    private readonly string _prefix;
    private readonly TimeProvider _time;
    private readonly QueueMetrics _metrics;

    // Identifies this host in Redis: in its own wake-ups, and in the keys that remember its exchanges.
    private readonly string _host = Guid.NewGuid().ToString("N")[..16];
    private readonly LostExchanges _lost;
    private readonly RedisFormat _format;
    private long _lastExchange;

    /// <param name="options">The connection and the key prefix.</param>
    /// <param name="idempotencyWindow">How long an idempotency key is remembered.</param>
    /// <param name="logger">Logs lost and restored connections.</param>
    /// <param name="metrics">Counts messages that expired or were buried although no caller asked for it.</param>
    /// <param name="time">The clock of the store's background work. The default is the system's clock. Messages use
    /// Redis' own clock.</param>
    /// <param name="maxQueues">The maximum number of queues.</param>
    public RedisQueueStore(
        RedisStoreOptions options, TimeSpan idempotencyWindow, ILogger<RedisQueueStore> logger, QueueMetrics metrics, TimeProvider? time = null,
        int maxQueues = int.MaxValue)
    {
        (_metrics, _maxQueues) = (metrics, maxQueues);
        _time = time ?? TimeProvider.System;
        _prefix = options.KeyPrefix;
        _idempotencyWindow = Milliseconds(idempotencyWindow);
        _connection = new RedisConnection(options, logger, metrics, _time);
        _health = new RedisHealth(_connection, _prefix, _time);
        _lost = new LostExchanges(RecoverAsync, _time, logger);
        _format = new RedisFormat(_connection, _prefix, MigrateAsync, logger);
        _connection.Refused += _format.Reset;
        _connection.Source.Restored += () =>
        {
            Interlocked.Increment(ref _connections); // Perhaps another server, with other rights.
            _format.Reset();
        };
        if (RedisSettings.AllowsBlocking(options))
            _barrier = new ReplicationBarrier(token => _connection.BlockingConnectionAsync(token).AsTask(), options, _time, logger);
        _probe = new RedisProbe(_connection, _prefix, _time, logger);
        _index = new RedisQueueIndex(_connection, RedisKeys.Queues(_prefix), _time, logger);
    }

    public string Description => _connection.Description;

    public bool IsRemote => true;

    public bool Supports(Durability durability) =>
        durability is Durability.Stored || (durability is Durability.Replicated && _barrier is not null);

    public ValueTask ReplicatedAsync(ReplicationPoint point, CancellationToken cancellationToken) => _barrier is null
        ? throw new NotSupportedException(
            "Replicated adds need a connection that WAIT may block, but there is none. "
            + "Set RedisStoreOptions.BlockingConnectionFactory.")
        : _barrier.WaitAsync(KeysOf(point.Queue).Meta, point.History, cancellationToken);

    public async ValueTask<LeasedBatch> LeaseAsync(QueueName queue, IReadOnlyList<LeaseRequest> requests, CancellationToken cancellationToken) =>
        (await ExchangeAsync(queue, [], requests, cancellationToken).ConfigureAwait(false)).Leased;

    public async ValueTask<SettleResult[]> SettleAsync(
        QueueName queue, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken) =>
        (await ExchangeAsync(queue, settlements, [], cancellationToken).ConfigureAwait(false)).Settled;

    public async ValueTask<Exchanged> ExchangeAsync(
        QueueName queue, IReadOnlyList<Settlement> settlements, IReadOnlyList<LeaseRequest> requests, CancellationToken cancellationToken)
    {
        var keys = KeysOf(queue);
        var token = requests.Count == 0 ? 0 : Interlocked.Increment(ref _lastExchange);
        var arguments = new List<RedisValue>(3 + settlements.Count + 3) { keys.Wake, token, 0 };
        AppendRuns(arguments, requests);
        arguments[2] = arguments.Count - 3;
        foreach (var settlement in settlements) Append(arguments, settlement);
        var reply = requests.Count == 0
            ? await EvaluateAsync(RedisScripts.Exchange, queue, keys.All, [.. arguments], cancellationToken).ConfigureAwait(false)
            : await ExchangeAsync(queue, keys, token, [.. arguments], cancellationToken).ConfigureAwait(false);
        var results = (RedisResult[])reply!;
        var settled = new SettleResult[settlements.Count];
        // The script returns 0 when all settlements are done, and a list of results otherwise.
        if (results[0].Length < 0) Array.Fill(settled, SettleResult.Done);
        else settled = Array.ConvertAll((RedisResult[])results[0]!, static result => SettledAs((int)result));
        return new Exchanged(settled, requests.Count == 0 ? default : Leased(queue, keys, results));
    }

    // Runs an exchange that delivers messages. Redis remembers the exchange, so that its messages can be returned when
    // the reply is lost.
    private async ValueTask<RedisResult> ExchangeAsync(
        QueueName queue, RedisKeys keys, long token, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        if (!keys.FreeExchanges.TryPop(out var exchange)) exchange = keys.NewExchange(_host);
        try
        {
            var reply = await EvaluateAsync(RedisScripts.Exchange, queue, exchange.All, arguments, cancellationToken).ConfigureAwait(false);
            keys.FreeExchanges.Push(exchange);
            return reply;
        }
        catch (RestMqUnavailableException)
        {
            _lost.Add(queue, exchange.All, token);
            throw;
        }
    }

    private ValueTask<RedisResult> EvaluateAsync(
        RedisScripts script, QueueName queue, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        var ensured = _format.EnsureAsync(cancellationToken);
        return ensured.IsCompletedSuccessfully
            ? _connection.EvaluateAsync(script, queue, keys, arguments, cancellationToken)
            : EvaluateLaterAsync();

        async ValueTask<RedisResult> EvaluateLaterAsync()
        {
            await ensured.ConfigureAwait(false);
            return await _connection.EvaluateAsync(script, queue, keys, arguments, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask MigrateAsync(QueueName queue, CancellationToken cancellationToken)
    {
        var keys = KeysOf(queue);
        for (var (phase, cursor) = (1L, "0"); phase != 0;)
        {
            var reply = (RedisResult[])(await _connection
                .EvaluateAsync(RedisScripts.Migrate, queue, keys.ForMigration(), [keys.Wake, phase, cursor], cancellationToken)
                .ConfigureAwait(false))!;
            (phase, cursor) = ((long)reply[0], (string)reply[1]!);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _lost.DisposeAsync().ConfigureAwait(false);
        await _probe.DisposeAsync().ConfigureAwait(false);
        await _index.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private static SettleResult SettledAs(int told) => told switch { 0 => SettleResult.Done, 1 => SettleResult.Stale, _ => SettleResult.Unknown };

    private static LeasedBatch Leased(QueueName queue, RedisKeys keys, RedisResult[] reply)
    {
        const int Heads = 5;
        var handOuts = (string?)reply[4] is { Length: > 0 } numbers ? numbers.Split(' ') : null;
        var messages = new QueueMessage[reply.Length - Heads];
        for (var i = 0; i < messages.Length; i++)
        {
            var number = handOuts is null ? 1 : long.Parse(handOuts[i], CultureInfo.InvariantCulture);
            messages[i] = RedisBody.Read(queue, number, (byte[])reply[i + Heads]!);
        }
        if (messages.Length > 0) keys.NoteId(messages[^1].Key.Id);
        const long MoreIsReady = -2;
        return new LeasedBatch(
            messages, Due(reply[1]), reply[3].Length < 0 ? default : Live(reply[3]), More: (long)reply[2] is MoreIsReady or 0, Due(reply[2]));
    }

    // Appends the requests. Callers of a group commit mostly make the same request, so consecutive requests that differ
    // only in their count become one request to the script.
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
            _ => throw new ArgumentOutOfRangeException(
                nameof(settlement), settlement.Action, "The action must be Ack, Extend, Release, Return or Bury."),
        };
        RedisValue argument = settlement.Action is SettleAction.Bury ? settlement.Reason ?? "" : Milliseconds(settlement.Time);
        arguments.AddRange(["-", id, settlement.Receipt.Fence, action, argument]);
    }

    // Rounds up, so that a lease of 0.4 ms becomes 1 ms and not 0 ms.
    private static long Milliseconds(TimeSpan time) => (long)Math.Ceiling(time.TotalMilliseconds);

    private static TimeSpan? Due(RedisResult milliseconds) => (long)milliseconds < 0 ? null : TimeSpan.FromMilliseconds((long)milliseconds);

    private static LiveState Live(RedisResult told) => new(PolicyOf(told[0]), (string?)told[1] == "stopped", Number(told[2]) ?? 0);

    private static QueuePolicy PolicyOf(RedisResult policy) => (string?)policy == "roundrobin" ? QueuePolicy.RoundRobin : QueuePolicy.Broadcast;
}
