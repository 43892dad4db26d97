using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using RestMq.Stores;
using RestMq.Telemetry;

namespace RestMq.Memory;

/// <summary>
/// Stores the queues in the memory of this process. They are lost when the process ends. Every call completes
/// synchronously. Bodies are not copied, so the bytes of a message must not change after the add.
/// </summary>
internal sealed class MemoryQueueStore(TimeProvider time, IOptions<RestMqOptions> options, QueueMetrics metrics) : IQueueStore
{
    // How many queues one call drops at most.
    private const int MaxDropped = 10_000;

    // The counters of dropped queues take at most this part of the budget.
    private const int CountersPart = 16;

    private static readonly LeasedBatch NothingToLease = new([], null, default, More: false);

    private readonly ConcurrentDictionary<QueueName, MemoryQueue> _queues = new();
    private readonly MemoryBudget _budget = Observed(MemoryBudget.Of(options.Value), metrics);
    private readonly DroppedQueues _dropped = new();
    private readonly SortedSet<QueueName> _names = new(NameOrder.Instance);
    private readonly MemoryWakeUps _wakeUps = new();

    // The queues that may have become empty, each with the time at which to look at it.
    private readonly ConcurrentQueue<(QueueName Queue, object? Watch, long At)> _watched = new();

    // Held to create and to purge a queue. A queue's own gate may be taken while this lock is held, never the other way
    // round.
    private readonly Lock _gate = new();

    // The wall clock is read only at the start, so that setting it does not stretch or end leases.
    private readonly long _origin = time.GetUtcNow().UtcTicks;
    private readonly long _started = time.GetTimestamp();

    public string Description => "memory";

    public bool IsRemote => false;

    private long Now => _origin + time.GetElapsedTime(_started).Ticks;

    public ValueTask<AddResult[]> AddAsync(
        QueueName queue, IReadOnlyList<NewMessage> messages, bool allOrNothing, CancellationToken cancellationToken)
    {
        if (Create(queue, (messages, allOrNothing), static (q, add, now) => q.Add(add.messages, add.allOrNothing, now)) is { } results) return new(results);
        // A refused message leaves no queue behind.
        if (_queues.TryGetValue(queue, out var made)) DropIfIdle(queue, made.Watch, lifetime: 0);
        throw NoRoom();
    }

    public ValueTask<LeasedBatch> LeaseAsync(QueueName queue, IReadOnlyList<LeaseRequest> requests, CancellationToken cancellationToken) =>
        new(TryOn(queue, requests, static (q, requests, now) => q.Lease(requests, now), out var batch) ? batch : NothingToLease);

    public ValueTask<SettleResult[]> SettleAsync(
        QueueName queue, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken) =>
        new(TryOn(queue, settlements, static (q, settlements, now) => q.Settle(settlements, now), out var results)
            ? results
            : new SettleResult[settlements.Count]); // The default is SettleResult.Unknown.

    public ValueTask<bool[]> HoldsAsync(QueueName queue, IReadOnlyList<Receipt> receipts, CancellationToken cancellationToken) =>
        new(TryOn(queue, receipts, static (q, receipts, now) => q.Holds(receipts, now), out var held) ? held : new bool[receipts.Count]);

    public ValueTask<QueueMessage?> PeekHeadAsync(QueueName queue, bool countsDelivery, CancellationToken cancellationToken) =>
        new(TryOn(queue, countsDelivery, static (q, counts, now) => q.PeekHead(counts, now), out var message) ? message : null);

    public ValueTask<BroadcastBatch> BroadcastAsync(QueueName queue, BroadcastRequest request, CancellationToken cancellationToken)
    {
        if (TryOn(queue, request, static (q, request, now) => q.Broadcast(request, now), out var batch)) return new(batch);
        long last;
        lock (_gate) last = _dropped.Find(queue).Sequence;
        return new(new BroadcastBatch([], Math.Min(request.After ?? last, last), last, null, default));
    }

    public ValueTask<bool> WithdrawAsync(QueueName queue, long last, int moved, CancellationToken cancellationToken) =>
        new(TryOn(queue, (last, moved), static (q, step, _) => q.Withdraw(step.last, step.moved), out var returned) && returned);

    public ValueTask<MessageSnapshot?> PeekAsync(MessageKey key, CancellationToken cancellationToken) =>
        new(TryOn(key.Queue, key.Id, static (q, id, now) => q.Peek(id, now), out var snapshot) ? snapshot : null);

    public ValueTask<IReadOnlyList<MessageSnapshot>> BrowseAsync(
        QueueName queue, MessageState state, int count, CancellationToken cancellationToken) =>
        new(TryOn(queue, (state, count), static (q, of, now) => q.Last(of.state, of.count, now), out var last) ? last : []);

    public ValueTask<bool> DeleteQueueAsync(QueueName queue, CancellationToken cancellationToken)
    {
        bool existed;
        lock (_gate)
        {
            existed = _queues.TryRemove(queue, out var purged);
            if (existed)
            {
                _names.Remove(queue);
                lock (purged!.Gate) Retire(queue, purged);
            }
        }
        _wakeUps.Tell(queue, QueueWakeUp.Purged);
        return new(existed);
    }

    public ValueTask<Purged> PurgeAsync(QueueName queue, MessageState state, CancellationToken cancellationToken) =>
        new(TryOn(queue, state, static (q, state, now) => q.Purge(state, now), out var purged) ? purged : default);

    public ValueTask<IReadOnlyList<QueueName>> ListAsync(QueueName? after, int max, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_names.Max is not { } last || (after is not null && NameOrder.Instance.Compare(after, last) >= 0)) return new([]);
            var names = after is null ? _names : _names.GetViewBetween(after, last).SkipWhile(name => name == after);
            return new([.. names.Take(max)]);
        }
    }

    // The names are changed together with the queues, so the index cannot be lost.
    public ValueTask<long> RebuildIndexAsync(CancellationToken cancellationToken)
    {
        lock (_gate) return new(_names.Count);
    }

    public ValueTask<QueueSettings> ConfigureAsync(QueueName queue, QueueSettingsChange change, CancellationToken cancellationToken)
    {
        if (!change.IsEmpty) return new(Create(queue, change, static (q, change, _) => q.Configure(change)));
        return new(TryOn(queue, 0, static (q, _, _) => q.Settings, out var settings) ? settings : new QueueSettings());
    }

    public ValueTask<long> RedriveAsync(QueueName queue, CancellationToken cancellationToken) =>
        new(TryOn(queue, 0, static (q, _, _) => q.Redrive(), out var count) ? count : 0);

    public ValueTask<bool> RedriveAsync(MessageKey key, CancellationToken cancellationToken) =>
        new(TryOn(key.Queue, key.Id, static (q, id, _) => q.Redrive(id), out var was) && was);

    public ValueTask<QueueStats> StatsAsync(QueueName queue, CancellationToken cancellationToken) =>
        new(TryOn(queue, 0, static (q, _, now) => q.Stats(now), out var stats) ? stats : new QueueStats(queue, new QueueSettings()));

    public ValueTask<IAsyncDisposable> ListenAsync(QueueName queue, Action<QueueWakeUp> onWakeUp, CancellationToken cancellationToken) =>
        new(_wakeUps.Listen(queue, onWakeUp));

    public ValueTask<StoreReport> CheckAsync(CancellationToken cancellationToken) => new(_budget.Report());

    public bool Knows(QueueName queue) => _queues.ContainsKey(queue);

    public ValueTask<bool> ExistsAsync(QueueName queue, CancellationToken cancellationToken) => new(Knows(queue));

    public void DropIdleQueues()
    {
        var lifetime = options.Value.EmptyQueueLifetime.Ticks;
        for (var left = MaxDropped; left > 0 && _watched.TryPeek(out var first) && first.At <= Now && _watched.TryDequeue(out var watched); left--)
            DropIfIdle(watched.Queue, watched.Watch, lifetime);
    }

    private void DropIfIdle(QueueName name, object? watch, long lifetime)
    {
        // Moves due messages, and forgets idempotency keys and a history whose time is over.
        if (!TryOn(name, 0, static (q, _, now) => q.Stats(now), out _) || !_queues.TryGetValue(name, out var queue)) return;
        lock (_gate)
        {
            lock (queue.Gate)
            {
                if (queue.Retired || queue.Watch != watch) return;
                var idleAt = queue.UsedAt + lifetime;
                if (queue.HasMessages || !queue.HasDefaults) queue.Watch = null; // Watched again when it is empty.
                else if (!queue.IsEmpty || idleAt > Now) _watched.Enqueue((name, watch, Math.Max(idleAt, Now + (lifetime / 2))));
                else
                {
                    _queues.TryRemove(name, out _);
                    _names.Remove(name);
                    Retire(name, queue);
                }
            }
        }
    }

    // Runs one step on a queue under its gate. Records the metrics and sends the wake-up after the gate is released.
    // Returns false when the queue does not exist.
    private bool TryOn<TArgument, TResult>(
        QueueName name, TArgument argument, Func<MemoryQueue, TArgument, long, TResult> step, out TResult result)
    {
        result = default!;
        if (!_queues.TryGetValue(name, out var queue)) return false;
        QueueWakeUp? wakeUp;
        (long Expired, long Buried) removed;
        lock (queue.Gate)
        {
            if (queue.Retired) return false;
            result = step(queue, argument, Now);
            wakeUp = queue.TakeWakeUp();
            removed = queue.TakeRemoved();
            Count(queue);
            Watch(queue);
        }
        metrics.Expired(name, removed.Expired);
        metrics.Buried(name, removed.Buried);
        if (wakeUp is not null) _wakeUps.Tell(name, wakeUp);
        return true;
    }

    private void Count(MemoryQueue queue)
    {
        _budget.Change(queue.Cost - queue.CountedCost);
        queue.CountedCost = queue.Cost;
    }

    // Looks at a queue later that is empty now. A queue that is in use is looked at once in the lifetime at most.
    private void Watch(MemoryQueue queue)
    {
        if (queue.Watch is not null || queue.HasMessages || !queue.HasDefaults) return;
        queue.Watch = new object();
        _watched.Enqueue((queue.Name, queue.Watch, Now + options.Value.EmptyQueueLifetime.Ticks));
    }

    private TResult Create<TArgument, TResult>(QueueName name, TArgument argument, Func<MemoryQueue, TArgument, long, TResult> step)
    {
        TResult result;
        while (!TryOn(name, argument, step, out result))
        {
            lock (_gate)
            {
                if (_queues.ContainsKey(name)) continue;
                CheckRoomForQueue(name);
                var before = _dropped.Cost;
                var counters = _dropped.Take(name);
                _budget.Change(_dropped.Cost - before);
                _names.Add(name);
                _queues[name] = new MemoryQueue(name, counters.Id, counters.Sequence, options.Value.IdempotencyWindow, _budget);
            }
        }
        return result;
    }

    private void CheckRoomForQueue(QueueName name)
    {
        if (_budget.Used + MemoryCosts.Queue > _budget.Limit) throw NoRoom();
        if (_names.Count < options.Value.MaxQueues) return;
        metrics.LimitReached("queues");
        throw QueueLimit.Reached(name, options.Value.MaxQueues);
    }

    private RestMqFullException NoRoom()
    {
        metrics.LimitReached("memory");
        return new(
            $"The memory store must hold at most {_budget.Limit} bytes (RestMqOptions.MaxMemoryBytes), and has no room for "
            + "this. Nothing was added. Take or delete messages, or try again later.");
    }

    private void Retire(QueueName name, MemoryQueue queue)
    {
        queue.Retired = true;
        var before = _dropped.Cost;
        if (queue.LastId > 0 || queue.LastSequence > 0) _dropped.Add(name, queue.LastId, queue.LastSequence, Now, _budget.Limit / CountersPart);
        _budget.Change(_dropped.Cost - before - queue.CountedCost);
        queue.CountedCost = 0;
    }

    private static MemoryBudget Observed(MemoryBudget budget, QueueMetrics metrics)
    {
        metrics.ObserveMemory(() => (budget.Used, budget.Limit));
        return budget;
    }
}
