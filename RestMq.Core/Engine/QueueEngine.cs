using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RestMq.Delivery;
using RestMq.Stores;
using RestMq.Telemetry;
using RestMq.Wire;

namespace RestMq.Engine;

/// <summary>
/// Implements the queues on a store. The <see cref="ActiveQueue"/> of a queue sends concurrent calls to the store together
/// (group commit). This file implements the frequent operations, which <c>.Measured</c> exposes to callers.
/// <c>.Queues</c> implements the rare operations.
/// </summary>
internal sealed partial class QueueEngine : IQueueEngine, IAsyncDisposable
{
    private const int SecondsToSweep = 5;

    private readonly ActiveQueues _hubs;
    private readonly IQueueStore _store;
    private readonly RestMqOptions _options;
    private readonly TimeProvider _time;
    private readonly QueueMetrics _metrics;
    private readonly ITimer _clock;
    private int _seconds;

    public QueueEngine(
        IQueueStore store, DeliveryPolicies policies, IOptions<RestMqOptions> options, TimeProvider time, ILogger<QueueEngine> logger, QueueMetrics metrics)
    {
        _store = store;
        _options = options.Value;
        _time = time;
        _metrics = metrics;
        _hubs = new ActiveQueues(queue => new ActiveQueue(queue, store, options.Value, time, policies, logger, metrics));
        metrics.ObserveConsumers(() => _hubs.Select(hub => (hub.Queue, hub.Consumers)).Where(hub => hub.Consumers > 0));
        store.WakeUpsLost += OnWakeUpsLost;
        _clock = time.CreateTimer(static engine => ((QueueEngine)engine!).CountSecond(), this, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    public string Store => _store.Description;

    /// <summary>Gets the number of queues for which this host keeps state.</summary>
    internal int ActiveQueueCount => _hubs.Count;

    private ValueTask<AddResult> AddCoreAsync(QueueName queue, NewMessage message, CancellationToken cancellationToken)
    {
        Check(message);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<AddResult>(cancellationToken)
            : _store.IsRemote ? ReplicatedAsync(_hubs.Get(queue).MarkUsed().Adds.SendAsync(message), cancellationToken)
            : AddHereAsync(queue, message);
    }

    // A store without round trips needs no group commit, and so no hub: callers of never-seen names leave nothing behind.
    private async ValueTask<AddResult> AddHereAsync(QueueName queue, NewMessage message) =>
        (await _store.AddAsync(queue, [message], allOrNothing: false, CancellationToken.None).ConfigureAwait(false))[0];

    private async ValueTask<SettleResult> SettleHereAsync(QueueName queue, Settlement settlement) =>
        (await _store.SettleAsync(queue, [settlement], CancellationToken.None).ConfigureAwait(false))[0];

    // Runs outside of the group commit, so that other adds continue while this add waits for its replicas.
    private async ValueTask<AddResult> ReplicatedAsync(ValueTask<AddResult> add, CancellationToken cancellationToken)
    {
        var added = await add.ConfigureAwait(false);
        if (added.Awaits is not { } point) return added;
        await _store.ReplicatedAsync(point, cancellationToken).ConfigureAwait(false);
        return added with { Awaits = null };
    }

    private async ValueTask<IReadOnlyList<AddResult>> AddCoreAsync(
        QueueName queue, IReadOnlyList<NewMessage> messages, CancellationToken cancellationToken)
    {
        if (messages.Count > _options.MaxBatch)
        {
            throw new ArgumentException(
                $"One add must have at most {_options.MaxBatch} messages, but has {messages.Count}.", nameof(messages));
        }
        foreach (var message in messages) Check(message);
        if (messages.Sum(message => (long)message.Body.Bytes.Length) is var bytes && bytes > _options.MaxBatchBytes)
        {
            throw new ArgumentException(
                $"The messages of one add must have at most {_options.MaxBatchBytes} bytes together, but have {bytes}.",
                nameof(messages));
        }
        if (messages.Count == 0) return [];
        var added = await _store.AddAsync(queue, messages, allOrNothing: true, cancellationToken).ConfigureAwait(false);
        if (added.Any(static result => result.Status is AddStatus.KeyReused))
            return Array.ConvertAll(added, result => result.Status is AddStatus.KeyReused ? result : new AddResult(AddStatus.KeyReused, new MessageKey(queue, 0)));
        if (added.FirstOrDefault(result => result.Awaits is not null).Awaits is not { } point) return added;
        // The store wrote all messages in one step, so one replication point covers them all.
        await _store.ReplicatedAsync(point, cancellationToken).ConfigureAwait(false);
        return Array.ConvertAll(added, result => result with { Awaits = null });
    }

    public async ValueTask<QueueMessage?> TakeAsync(QueueName queue, CancellationToken cancellationToken = default)
    {
        var messages = await LeaseAsync([queue], 1, _options.TakeLease, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        if (messages.Count == 0) return null;
        try
        {
            await SettleAsync(new Settlement(messages[0].Receipt, SettleAction.Ack), CancellationToken.None).ConfigureAwait(false);
        }
        catch (RestMqUnavailableException)
        {
            // The store may have deleted the message, and then no other consumer gets it. Otherwise the message is
            // delivered again when its lease ends.
        }
        return messages[0];
    }

    private ValueTask<IReadOnlyList<QueueMessage>> LeaseCoreAsync(
        IReadOnlyList<QueueName> queues, int max, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (queues.Count == 0)
            throw new ArgumentException("'queues' must name at least one queue, but is empty.", nameof(queues));
        CheckRange(max, 1, _options.MaxBatch, nameof(max));
        CheckRange(lease, TimeSpan.FromMilliseconds(1), _options.MaxLease, nameof(lease));
        CheckRange(wait, TimeSpan.Zero, _options.MaxWait, nameof(wait));
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<IReadOnlyList<QueueMessage>>(cancellationToken);
        var request = new LeaseRequest(max, lease);
        return wait > TimeSpan.Zero ? LeaseOrWaitAsync(queues, request, wait, cancellationToken)
            : queues.Count == 1 ? LeaseNowAsync(queues[0], request)
            : LeaseNowAsync(queues, request);
    }

    private ValueTask<IReadOnlyList<QueueMessage>> LeaseNowAsync(QueueName queue, LeaseRequest request) =>
        _store.IsRemote ? LeaseNowAsync(_hubs.Get(queue).MarkUsed(), request)
        : _hubs.Find(queue) is { } hub ? LeaseNowAsync(hub.MarkUsed(), request)
        : LeaseHereAsync(queue, request);

    private async ValueTask<IReadOnlyList<QueueMessage>> LeaseNowAsync(IReadOnlyList<QueueName> queues, LeaseRequest request)
    {
        foreach (var queue in queues)
        {
            var found = await LeaseNowAsync(queue, request).ConfigureAwait(false);
            if (found.Count > 0) return found;
        }
        return [];
    }

    // Leases without a hub. There are no waiters that would need the next due time.
    private async ValueTask<IReadOnlyList<QueueMessage>> LeaseHereAsync(QueueName queue, LeaseRequest request)
    {
        while (true)
        {
            var batch = await _store.LeaseAsync(queue, [request], CancellationToken.None).ConfigureAwait(false);
            // Zero means that the store stopped before it had an answer, because one call of it must stay short.
            if (batch.Messages.Count > 0 || batch.Next != TimeSpan.Zero) return batch.Messages;
        }
    }

    private async ValueTask<IReadOnlyList<QueueMessage>> LeaseOrWaitAsync(
        IReadOnlyList<QueueName> queues, LeaseRequest request, TimeSpan wait, CancellationToken cancellationToken)
    {
        var hubs = new ActiveQueue[queues.Count];
        for (var i = 0; i < hubs.Length; i++) hubs[i] = _hubs.Enter(queues[i]);
        try
        {
            foreach (var hub in hubs)
            {
                var found = await LeaseNowAsync(hub, request).ConfigureAwait(false);
                if (found.Count > 0) return found;
            }
            return await WaitAsync(hubs, request, wait, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            foreach (var hub in hubs) hub.Leave();
        }
    }

    private ValueTask<SettleResult> SettleCoreAsync(Settlement settlement, CancellationToken cancellationToken)
    {
        var queue = settlement.Receipt.Key.Queue;
        Check(settlement, queue);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<SettleResult>(cancellationToken)
            : _store.IsRemote ? _hubs.Get(queue).MarkUsed().Exchanges.SendAsync(new Exchange(settlement, null), static result => result.Settled)
            : SettleHereAsync(queue, settlement);
    }

    private async ValueTask<IReadOnlyList<SettleResult>> SettleCoreAsync(
        QueueName queue, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        CheckRange(settlements.Count, 1, _options.MaxBatch, nameof(settlements));
        foreach (var settlement in settlements) Check(settlement, queue);
        return await _store.SettleAsync(queue, settlements, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _store.WakeUpsLost -= OnWakeUpsLost;
        await _clock.DisposeAsync().ConfigureAwait(false);
        await _hubs.CloseAllAsync().ConfigureAwait(false);
    }

    private async ValueTask<IReadOnlyList<QueueMessage>> WaitAsync(
        ActiveQueue[] hubs, LeaseRequest request, TimeSpan wait, CancellationToken cancellationToken)
    {
        foreach (var hub in hubs) await hub.ListenAsync(cancellationToken).ConfigureAwait(false);
        var start = _time.GetTimestamp();
        // The queue whose wake-up this call has received and not yet used. A look at that queue uses the wake-up. If
        // another queue returns messages first, or the store is away, the next waiter of that queue gets the wake-up.
        // The store sends only one wake-up for the messages that became ready.
        Waiters? unusedWake = null;
        using var waiter = new Waiters.Waiter();
        try
        {
            foreach (var hub in hubs) hub.Waiters.Park(waiter, first: false);
            for (var isFirst = true; ; isFirst = false)
            {
                for (var i = 0; i < hubs.Length; i++)
                {
                    var hub = hubs[i];
                    var wasRemoved = !isFirst && hub.Waiters.ParkAgain(waiter, i);
                    // A slow poll costs one look. If it looked at every queue of its waiter, idle waiters of many queues
                    // would cost the number of queues squared.
                    if (waiter.IsPoll && !wasRemoved && hub.Waiters != unusedWake) continue;
                    var found = await LeaseNowAsync(hub, request, waiter.Chained).ConfigureAwait(false);
                    if (unusedWake == hub.Waiters) unusedWake = null;
                    if (found.Count == 0) continue;
                    if (!cancellationToken.IsCancellationRequested) return found;
                    await ReturnAsync(hub, found).ConfigureAwait(false);
                    cancellationToken.ThrowIfCancellationRequested();
                }
                var left = wait - _time.GetElapsedTime(start);
                if (left <= TimeSpan.Zero) return [];
                unusedWake = await waiter.WaitAsync(left, _time, cancellationToken).ConfigureAwait(false);
                if (unusedWake is null) return [];
                waiter.Rearm();
            }
        }
        finally
        {
            unusedWake?.Wake();
        }
    }

    // A waiting caller wakes the next waiter when more messages may be ready. A caller that does not wait ('chained' is
    // null) leaves that to the waiting callers.
    private static async ValueTask<IReadOnlyList<QueueMessage>> LeaseNowAsync(ActiveQueue hub, LeaseRequest request, bool? chained = null)
    {
        while (true)
        {
            var share = await hub.Exchanges.SendAsync(new Exchange(null, request)).ConfigureAwait(false);
            if (share.Messages.Count > 0)
            {
                if (chained is not { } wakes) return share.Messages;
                if (share.More) hub.Waiters.WakeNext(wakes);
                else if (hub.Waiters.Any) hub.ScheduleLook(share.Next); // The other waiters do not look now.
                return share.Messages;
            }
            // Zero means that the store stopped before it had an answer, because one call of it must stay short.
            if (share.Next == TimeSpan.Zero) continue;
            if (hub.Waiters.Any) hub.ScheduleLook(share.Next);
            return share.Messages;
        }
    }

    private ValueTask<SettleResult[]> ReturnAsync(ActiveQueue hub, IReadOnlyList<QueueMessage> messages) =>
        _store.SettleAsync(hub.Queue, [.. messages.Select(m => new Settlement(m.Receipt, SettleAction.Return))], CancellationToken.None);

    private void OnWakeUpsLost()
    {
        foreach (var hub in _hubs) hub.WakeUpsLost();
    }

    private void CountSecond()
    {
        foreach (var hub in _hubs) hub.CountSecond();
        if (++_seconds % SecondsToSweep != 0) return;
        _hubs.DropIdle();
        _store.DropIdleQueues();
    }

    private void Check(NewMessage message)
    {
        if (message.Body.Bytes.Length > _options.MaxMessageBytes)
        {
            throw new ArgumentException(
                $"A message must have at most {_options.MaxMessageBytes} bytes, but has {message.Body.Bytes.Length}.",
                nameof(message));
        }
        CheckRange(message.Delay, TimeSpan.Zero, _options.MaxDelay, nameof(message.Delay));
        if (message.TimeToLive is { } ttl) CheckRange(ttl, TimeSpan.FromMilliseconds(1), _options.MaxTimeToLive, nameof(message.TimeToLive));
        if (message.IdempotencyKey is { } id) CheckRange(id.Length, 1, 200, nameof(message.IdempotencyKey));
        if (message.IdempotencyWindow is { } window) CheckRange(window, TimeSpan.FromMilliseconds(1), _options.MaxIdempotencyWindow, nameof(message.IdempotencyWindow));
        if (message.Durability is { } durability) Check(durability);
        if (message.TraceParent is { } trace && !QueueTraces.IsTraceParent(trace))
        {
            throw new ArgumentException(
                "'traceparent' must have the form of W3C Trace Context, "
                + $"00-<32 hex digits>-<16 hex digits>-<2 hex digits>, but was '{WireNames.Shorten(trace)}'.",
                nameof(message));
        }
        if (message is { TraceParent: null, TraceState: not null })
        {
            throw new ArgumentException(
                "'tracestate' must come with a 'traceparent', but there is none.", nameof(message));
        }
    }

    private void Check(Durability durability)
    {
        if (durability is < Durability.Stored or > Durability.Replicated)
        {
            throw new ArgumentOutOfRangeException(
                nameof(durability), durability, "'durability' must be Stored or Replicated.");
        }
        if (!_store.Supports(durability))
        {
            throw new RestMqDurabilityException(
                $"'durability' must be one that the store supports, but was {WireNames.Of(durability)} for {Store}. "
                + "Nothing was changed.");
        }
    }

    private void Check(Settlement settlement, QueueName queue)
    {
        if (settlement.Receipt.Key.Queue != queue)
        {
            throw new ArgumentException(
                $"The receipt must belong to the queue {queue}, but was {settlement.Receipt}.", nameof(settlement));
        }
        // An undefined action would fail all calls of its group commit.
        if (settlement.Action is < SettleAction.Ack or > SettleAction.Bury)
        {
            throw new ArgumentOutOfRangeException(
                nameof(settlement), settlement.Action, "'Action' must be a value of SettleAction.");
        }
        var most = settlement.Action is SettleAction.Extend ? _options.MaxLease : _options.MaxDelay;
        CheckRange(settlement.Time, TimeSpan.Zero, most, nameof(settlement.Time));
    }

    private static void CheckRange<T>(T value, T least, T most, string name) where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            throw new ArgumentOutOfRangeException(name, value, $"'{name}' must be between {least} and {most}.");
    }
}
