using Microsoft.Extensions.Logging;
using RestMq.Delivery;
using RestMq.Stores;
using RestMq.Telemetry;

namespace RestMq.Engine;

/// <summary>
/// Holds what this host keeps for one queue while the queue is in use: the group commits, the waiters, and the pump of
/// the live consumers. A hub holds no messages, so an idle hub is dropped and a new one is created when needed.
/// </summary>
internal sealed class ActiveQueue
{
    // The limits of one batch of a group commit. A store such as Redis does nothing else during that call.
    private const int MaxCalls = 1000;
    private const long MaxBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(2);

    private readonly IQueueStore _store;
    private readonly SlowPoll _slowPoll;
    private readonly ITimer _timer;
    private readonly Lock _listenLock = new();
    private readonly Lock _dueLock = new();
    private readonly TimeProvider _time;
    private readonly Func<QueuePump> _createPump;
    private Task<IAsyncDisposable>? _listening;
    private QueuePump? _pump;
    private long _setAt; // a timestamp
    private TimeSpan _setFor = TimeSpan.MaxValue;
    private bool _setForPoll;
    private volatile bool _polls;
    private int _users;
    private int _idleSweeps;

    public ActiveQueue(QueueName queue, IQueueStore store, RestMqOptions options, TimeProvider time, DeliveryPolicies policies, ILogger logger, QueueMetrics metrics)
    {
        Queue = queue;
        _store = store;
        _time = time;
        _slowPoll = new SlowPoll(store, options);
        Adds = new(batch => store.AddAsync(queue, batch, allOrNothing: false, CancellationToken.None), static m => MaxBytes / MaxCalls + m.Body.Bytes.Length, MaxBytes, store.IsRemote);
        Exchanges = new(ExchangeAsync, static e => 1 + (e.Request?.Count ?? 0), MaxCalls, store.IsRemote);
        _createPump = () => new QueuePump(this, store, options, policies, logger, metrics);
        _timer = time.CreateTimer(static hub => ((ActiveQueue)hub!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public QueueName Queue { get; }

    public TimeProvider Time => _time;

    public GroupCommit<NewMessage, AddResult> Adds { get; }

    public GroupCommit<Exchange, Exchange.Result> Exchanges { get; }

    public Waiters Waiters { get; } = new();

    /// <summary>Gets the pump, which is created for the first live consumer. Most queues never have one.</summary>
    public QueuePump Pump => LazyInitializer.EnsureInitialized(ref _pump, _createPump);

    /// <summary>Gets the number of live consumers.</summary>
    public int Consumers => Volatile.Read(ref _pump)?.Count ?? 0;

    /// <summary>Gets how many consumers of a broadcast are behind.</summary>
    public int Behind => Volatile.Read(ref _pump)?.Behind ?? 0;

    /// <summary>
    /// Marks the hub as used, before a call to one of its group commits. Such a call completes even if the hub is
    /// dropped meanwhile.
    /// </summary>
    public ActiveQueue MarkUsed()
    {
        _idleSweeps = 0;
        return this;
    }

    /// <summary>
    /// Begins a use of the waiters or the pump. Returns false when the hub was just dropped. The caller must then get a
    /// new hub.
    /// </summary>
    public bool TryEnter()
    {
        _idleSweeps = 0;
        return Interlocked.Increment(ref _users) > 0;
    }

    /// <summary>Ends a use that <see cref="TryEnter"/> began.</summary>
    public void Leave() => Interlocked.Decrement(ref _users);

    /// <summary>Marks the hub as dropped if it has no users.</summary>
    public bool TryClose() => _users == 0 && Interlocked.CompareExchange(ref _users, int.MinValue / 2, 0) == 0;

    /// <summary>Marks the hub as dropped if it has no users and was not used during the last two sweeps.</summary>
    public bool TryCloseIdle() => ++_idleSweeps > 2 && TryClose();

    /// <summary>Counts a second for the heartbeats of all streams.</summary>
    public void CountSecond() => Volatile.Read(ref _pump)?.CountSecond();

    /// <summary>Subscribes to the wake-ups of the queue, once. Completes when wake-ups arrive.</summary>
    public ValueTask ListenAsync(CancellationToken cancellationToken) =>
        _listening is { IsCompletedSuccessfully: true } ? default : new(ListeningAsync().WaitAsync(cancellationToken));

    /// <summary>
    /// Sets when the queue is looked at again without a wake-up: after the given time, or with the slow poll if that is
    /// earlier.
    /// </summary>
    public void ScheduleLook(TimeSpan? next)
    {
        lock (_dueLock)
        {
            var poll = _slowPoll.Next();
            _polls = false;
            if (next is { } time && time < poll) SetTimer(time, isPoll: false);
            else SetTimer(poll, isPoll: true);
        }
    }

    /// <summary>Records that a look found messages.</summary>
    public void Found()
    {
        if (!_polls) return;
        lock (_dueLock)
        {
            _slowPoll.Found();
            _polls = false;
        }
    }

    /// <summary>
    /// Schedules a look at the queue soon, if the queue is in use, because wake-ups may have been lost.
    /// </summary>
    public void WakeUpsLost()
    {
        if (_users <= 0) return;
        lock (_dueLock) SetTimer(_slowPoll.Lost(), isPoll: true);
    }

    public async ValueTask CloseAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        if (Volatile.Read(ref _pump) is { } pump) await pump.DisposeAsync().ConfigureAwait(false);
        // Messages whose replies were written must still be settled. The wait is limited, in case the store is away.
        var drained = Task.WhenAll(Adds.DrainedAsync(), Exchanges.DrainedAsync());
        if (!drained.IsCompleted) await Task.WhenAny(drained, Task.Delay(DrainTimeout, _time)).ConfigureAwait(false);
        if (_listening is not { } listening) return;
        await ((Task)listening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (listening.IsCompletedSuccessfully) await (await listening.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
    }

    // All callers share one attempt, so that they do not wait for one failing attempt after another. A failed attempt
    // is not kept.
    private Task ListeningAsync()
    {
        lock (_listenLock)
        {
            if (_listening is null or { IsFaulted: true } or { IsCanceled: true }) _listening = StartListeningAsync();
            return _listening;
        }
    }

    private async Task<IAsyncDisposable> StartListeningAsync()
    {
        await Task.Yield(); // The caller holds a lock, and the store may do work before its first await.
        return await _store.ListenAsync(Queue, OnWakeUp, CancellationToken.None).ConfigureAwait(false);
    }

    private void OnWakeUp(QueueWakeUp wakeUp)
    {
        Waiters.Wake();
        if (Volatile.Read(ref _pump) is not { } pump) return;
        if (wakeUp.IsPurge) pump.EndStreams();
        pump.Ended(wakeUp.Ended);
        pump.Signal();
    }

    private void SetTimer(TimeSpan wait, bool isPoll)
    {
        // Keeps an earlier due time. Uses timestamps, because setting the wall clock does not move the timer.
        if (_setFor - _time.GetElapsedTime(_setAt) <= wait) return;
        (_setAt, _setFor, _setForPoll) = (_time.GetTimestamp(), wait, isPoll);
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void OnDue()
    {
        bool isPoll;
        lock (_dueLock)
        {
            isPoll = _setForPoll;
            if (isPoll)
            {
                _slowPoll.Passed();
                _polls = true;
            }
            _setFor = TimeSpan.MaxValue;
        }
        if (isPoll) Waiters.Poll();
        else Waiters.Wake();
        Volatile.Read(ref _pump)?.Signal();
    }

    private async ValueTask<Exchange.Result[]> ExchangeAsync(IReadOnlyList<Exchange> calls)
    {
        List<Settlement> settlements = [];
        List<LeaseRequest> requests = [];
        foreach (var call in calls)
        {
            if (call.Settlement is { } settlement) settlements.Add(settlement);
            else requests.Add(call.Request!.Value);
        }
        var (settled, leased) = await _store.ExchangeAsync(Queue, settlements, requests, CancellationToken.None).ConfigureAwait(false);
        if (leased.Messages is { Count: > 0 }) Found();

        var results = new Exchange.Result[calls.Count];
        for (int i = 0, next = 0, from = 0; i < results.Length; i++)
        {
            if (calls[i].Request is not { } request)
            {
                results[i] = new Exchange.Result(settled[next++], [], null, More: false);
                continue;
            }
            var share = new QueueMessage[Math.Min(request.Count, leased.Messages.Count - from)];
            for (var m = 0; m < share.Length; m++) share[m] = leased.Messages[from++];
            results[i] = new Exchange.Result(default, share, share.Length == 0 ? leased.Next : leased.Due, leased.More);
        }
        return results;
    }
}

/// <summary>
/// Represents one caller's part of an exchange with the store: a settlement, or a request for messages.
/// </summary>
internal readonly record struct Exchange(Settlement? Settlement, LeaseRequest? Request)
{
    /// <summary>Holds the result of one caller's part.</summary>
    /// <param name="Settled">The result of a settlement.</param>
    /// <param name="Messages">The messages of a request.</param>
    /// <param name="Next">For a request without messages, <see cref="LeasedBatch.Next"/>. For a request with messages,
    /// <see cref="LeasedBatch.Due"/>.</param>
    /// <param name="More">For a request, <see cref="LeasedBatch.More"/>.</param>
    internal readonly record struct Result(SettleResult Settled, IReadOnlyList<QueueMessage> Messages, TimeSpan? Next, bool More);
}
