using System.Collections.Concurrent;
using RestMq.Stores;

namespace RestMq.Hosts;

/// <summary>
/// Wraps the store of a host. Tests see the calls, and can lose wake-ups, lose replies or make the store unavailable.
/// </summary>
internal sealed class ObservedStore(IQueueStore inner) : IQueueStore
{
    private int _emptyLooks;
    private int _fullLooks;
    private int _lateWakeUps;
    private int _stoppedSteps;
    private int _steps;
    private int _stepsBegun;
    private int _listeners;
    private int _refusals;
    private int _repliesToLose;
    private int _leasesToFail;
    private int _listeningsToFail;
    private int _listenings;
    private int _settlementsToLose;
    private int _holdings;

    /// <summary>Selects the queues whose wake-ups are lost.</summary>
    public volatile Func<QueueName, bool> LosesWakeUps = _ => false;

    /// <summary>Makes the store report that nothing proves the delivery of wake-ups.</summary>
    public volatile bool ProvesNothing;

    /// <summary>Makes every call fail without reaching the store.</summary>
    public volatile bool IsUnavailable;

    /// <summary>Holds the task that each step of live delivery awaits before it reaches the store.</summary>
    public volatile Task Gate = Task.CompletedTask;

    /// <summary>Holds the task that each reply with leased messages awaits before it reaches the host.</summary>
    public volatile Task LeaseReplyGate = Task.CompletedTask;

    /// <summary>Holds the task that each wake-up awaits before it reaches the host.</summary>
    public volatile Task WakeUpGate = Task.CompletedTask;

    /// <summary>Gets the number of wake-ups that <see cref="WakeUpGate"/> has held.</summary>
    public int LateWakeUps => _lateWakeUps;

    /// <summary>Gets the number of leases that found messages.</summary>
    public int FullLooks => _fullLooks;

    /// <summary>
    /// Gets the number of lease requests that found nothing. A waiter makes one before it is parked and one after.
    /// </summary>
    public int EmptyLooks => _emptyLooks;

    /// <summary>Gets the number of steps of live delivery that found the queue stopped.</summary>
    public int StoppedSteps => _stoppedSteps;

    /// <summary>Gets the number of completed steps of live delivery.</summary>
    public int Steps => _steps;

    /// <summary>Gets the number of steps of live delivery that began.</summary>
    public int StepsBegun => _stepsBegun;

    /// <summary>Gets the requests of all broadcast steps.</summary>
    public ConcurrentQueue<BroadcastRequest> Broadcasts { get; } = new();

    /// <summary>Gets the number of calls that asked which deliveries are in flight.</summary>
    public int Holdings => _holdings;

    /// <summary>Holds an action that runs after each step of a redrive.</summary>
    public Func<Task> AfterRedrive = () => Task.CompletedTask;

    /// <summary>Holds the task that each attempt to listen awaits.</summary>
    public volatile Task ListeningGate = Task.CompletedTask;

    /// <summary>Gets the number of attempts to listen.</summary>
    public int Listenings => _listenings;

    /// <summary>Gets the number of queues that are listened to.</summary>
    public int Listeners => _listeners;

    /// <summary>Gets the number of calls that were made while the store was unavailable.</summary>
    public int Refusals => _refusals;

    public string Description => inner.Description;

    public bool IsRemote => inner.IsRemote;

    /// <summary>Executes the next steps of live delivery, but loses their replies.</summary>
    public void LoseReplies(int count) => Volatile.Write(ref _repliesToLose, count);

    /// <summary>Executes the next settlements, but loses their replies.</summary>
    public void LoseSettlements(int count) => Volatile.Write(ref _settlementsToLose, count);

    /// <summary>Makes the next leases fail.</summary>
    public void FailLeases(int count) => Volatile.Write(ref _leasesToFail, count);

    /// <summary>Makes the next attempts to listen fail.</summary>
    public void FailListening(int count) => Volatile.Write(ref _listeningsToFail, count);

    public bool Supports(Durability durability) => inner.Supports(durability);

    public ValueTask ReplicatedAsync(ReplicationPoint point, CancellationToken cancellationToken) => There().ReplicatedAsync(point, cancellationToken);

    public ValueTask<AddResult[]> AddAsync(
        QueueName queue, IReadOnlyList<NewMessage> messages, bool allOrNothing, CancellationToken cancellationToken) =>
        There().AddAsync(queue, messages, allOrNothing, cancellationToken);

    public async ValueTask<LeasedBatch> LeaseAsync(QueueName queue, IReadOnlyList<LeaseRequest> requests, CancellationToken cancellationToken)
    {
        if (Interlocked.Decrement(ref _leasesToFail) >= 0) throw Away();
        var batch = await There().LeaseAsync(queue, requests, cancellationToken);
        var left = batch.Messages.Count;
        foreach (var request in requests)
        {
            if (left <= 0 && !request.Live) Interlocked.Increment(ref _emptyLooks);
            left -= request.Count;
        }
        if (requests is [{ Live: true }]) Stepped(batch.Settings);
        if (batch.Messages.Count == 0) return batch;
        var gate = LeaseReplyGate;
        Interlocked.Increment(ref _fullLooks);
        await gate;
        return batch;
    }

    public async ValueTask<BroadcastBatch> BroadcastAsync(QueueName queue, BroadcastRequest request, CancellationToken cancellationToken)
    {
        var gate = Gate;
        Interlocked.Increment(ref _stepsBegun);
        await gate;
        Broadcasts.Enqueue(request);
        var batch = await There().BroadcastAsync(queue, request, cancellationToken);
        Stepped(batch.Settings);
        if (Interlocked.Decrement(ref _repliesToLose) >= 0) throw Away();
        return batch;
    }

    public ValueTask<bool> WithdrawAsync(QueueName queue, long last, int moved, CancellationToken cancellationToken) =>
        There().WithdrawAsync(queue, last, moved, cancellationToken);

    public async ValueTask<SettleResult[]> SettleAsync(QueueName queue, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var settled = await There().SettleAsync(queue, settlements, cancellationToken);
        return Interlocked.Decrement(ref _settlementsToLose) >= 0 ? throw Away() : settled;
    }

    public ValueTask<bool[]> HoldsAsync(QueueName queue, IReadOnlyList<Receipt> receipts, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _holdings);
        return There().HoldsAsync(queue, receipts, cancellationToken);
    }

    public ValueTask<QueueMessage?> PeekHeadAsync(QueueName queue, bool countsDelivery, CancellationToken cancellationToken) =>
        There().PeekHeadAsync(queue, countsDelivery, cancellationToken);

    public ValueTask<MessageSnapshot?> PeekAsync(MessageKey key, CancellationToken cancellationToken) => There().PeekAsync(key, cancellationToken);

    public ValueTask<IReadOnlyList<MessageSnapshot>> BrowseAsync(
        QueueName queue, MessageState state, int count, CancellationToken cancellationToken) => There().BrowseAsync(queue, state, count, cancellationToken);

    public ValueTask<bool> DeleteQueueAsync(QueueName queue, CancellationToken cancellationToken) => There().DeleteQueueAsync(queue, cancellationToken);

    public ValueTask<Purged> PurgeAsync(QueueName queue, MessageState state, CancellationToken cancellationToken) =>
        There().PurgeAsync(queue, state, cancellationToken);

    public ValueTask<IReadOnlyList<QueueName>> ListAsync(QueueName? after, int max, CancellationToken cancellationToken) =>
        There().ListAsync(after, max, cancellationToken);

    public ValueTask<long> RebuildIndexAsync(CancellationToken cancellationToken) => There().RebuildIndexAsync(cancellationToken);

    public ValueTask<QueueSettings> ConfigureAsync(QueueName queue, QueueSettingsChange change, CancellationToken cancellationToken) =>
        There().ConfigureAsync(queue, change, cancellationToken);

    public async ValueTask<long> RedriveAsync(QueueName queue, CancellationToken cancellationToken)
    {
        var moved = await There().RedriveAsync(queue, cancellationToken);
        await AfterRedrive();
        return moved;
    }

    public ValueTask<bool> RedriveAsync(MessageKey key, CancellationToken cancellationToken) => There().RedriveAsync(key, cancellationToken);

    public ValueTask<QueueStats> StatsAsync(QueueName queue, CancellationToken cancellationToken) => There().StatsAsync(queue, cancellationToken);

    public async ValueTask<IAsyncDisposable> ListenAsync(QueueName queue, Action<QueueWakeUp> onWakeUp, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _listenings);
        await ListeningGate;
        if (Interlocked.Decrement(ref _listeningsToFail) >= 0) throw Away();
        var listening = await There().ListenAsync(queue, Hear, cancellationToken);
        Interlocked.Increment(ref _listeners);
        return new Listening(this, listening);

        void Hear(QueueWakeUp wakeUp)
        {
            if (LosesWakeUps(queue)) return;
            if (WakeUpGate is not { IsCompleted: false } gate)
            {
                onWakeUp(wakeUp);
                return;
            }
            Interlocked.Increment(ref _lateWakeUps);
            _ = gate.ContinueWith(_ => onWakeUp(wakeUp), default, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    public event Action? WakeUpsLost
    {
        add => inner.WakeUpsLost += value;
        remove => inner.WakeUpsLost -= value;
    }

    public bool WakeUpsFlow => !ProvesNothing && inner.WakeUpsFlow;

    public bool Knows(QueueName queue) => inner.Knows(queue);

    public ValueTask<bool> ExistsAsync(QueueName queue, CancellationToken cancellationToken) => There().ExistsAsync(queue, cancellationToken);

    public void DropIdleQueues() => inner.DropIdleQueues();

    public ValueTask<StoreReport> CheckAsync(CancellationToken cancellationToken) => There().CheckAsync(cancellationToken);

    private void Stepped(LiveState settings)
    {
        Interlocked.Increment(ref _steps);
        if (settings.Stopped) Interlocked.Increment(ref _stoppedSteps);
    }

    private IQueueStore There()
    {
        if (!IsUnavailable) return inner;
        Interlocked.Increment(ref _refusals);
        throw Away();
    }

    private static RestMqUnavailableException Away() => new("The test made the store unavailable.");

    private sealed class Listening(ObservedStore store, IAsyncDisposable inner) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            Interlocked.Decrement(ref store._listeners);
            return inner.DisposeAsync();
        }
    }
}
