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
    // No receipt and no idempotency key is valid for longer, so no id is assigned twice while one is valid.
    private static readonly TimeSpan CountersOutlive = TimeSpan.FromDays(1);

    private static readonly LeasedBatch NothingToLease = new([], null, default, More: false);

    private readonly ConcurrentDictionary<QueueName, MemoryQueue> _queues = new();
    private readonly Dictionary<QueueName, Counters> _purged = [];
    private readonly SortedSet<QueueName> _names = new(NameOrder.Instance);
    private readonly MemoryWakeUps _wakeUps = new();

    // Held to create and to purge a queue. A queue's own gate may be taken while this lock is held, never the other way
    // round.
    private readonly Lock _gate = new();

    // The wall clock is read only at the start, so that setting it does not stretch or end leases.
    private readonly long _origin = time.GetUtcNow().UtcTicks;
    private readonly long _started = time.GetTimestamp();
    private int _forgetAt = 1000;

    public string Description => "memory";

    public bool IsRemote => false;

    private long Now => _origin + time.GetElapsedTime(_started).Ticks;

    public ValueTask<AddResult[]> AddAsync(
        QueueName queue, IReadOnlyList<NewMessage> messages, bool allOrNothing, CancellationToken cancellationToken) =>
        new(Create(queue, (messages, allOrNothing), static (q, add, now) => q.Add(add.messages, add.allOrNothing, now)));

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
        lock (_gate) last = _purged.GetValueOrDefault(queue).Sequence;
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
                Retire(queue, purged!);
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
        }
        metrics.Expired(name, removed.Expired);
        metrics.Buried(name, removed.Buried);
        if (wakeUp is not null) _wakeUps.Tell(name, wakeUp);
        return true;
    }

    private TResult Create<TArgument, TResult>(QueueName name, TArgument argument, Func<MemoryQueue, TArgument, long, TResult> step)
    {
        TResult result;
        while (!TryOn(name, argument, step, out result))
        {
            lock (_gate)
            {
                if (_queues.ContainsKey(name)) continue;
                _purged.Remove(name, out var counters);
                _names.Add(name);
                _queues[name] = new MemoryQueue(name, counters.Id, counters.Sequence, options.Value.IdempotencyWindow);
            }
        }
        return result;
    }

    private void Retire(QueueName name, MemoryQueue queue)
    {
        var now = Now;
        lock (queue.Gate)
        {
            queue.Retired = true;
            _purged[name] = new Counters(queue.LastId, queue.LastSequence, now + CountersOutlive.Ticks);
        }
        if (_purged.Count < _forgetAt) return;
        foreach (var (old, counters) in _purged)
        {
            if (counters.Until <= now) _purged.Remove(old);
        }
        // All counters are checked only when their number has doubled, so the cost for each purge stays constant on
        // average.
        _forgetAt = Math.Max(1000, 2 * _purged.Count);
    }

    /// <summary>Holds the counters of a purged queue for 1 day, so that its ids and sequences continue.</summary>
    private readonly record struct Counters(long Id, long Sequence, long Until);
}
