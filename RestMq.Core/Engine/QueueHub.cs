using Microsoft.Extensions.Logging;
using RestMq.Delivery;
using RestMq.Stores;
using RestMq.Telemetry;

namespace RestMq.Engine;

/// <summary>
/// What this daemon keeps of one queue while it is in use: the lanes in which calls gather, those who wait, and the
/// pump of its live consumers. It holds no messages, so a hub that has idled is dropped and made anew when it is wanted
/// again.
/// </summary>
internal sealed class QueueHub
{
    // The bounds of one gathered call: the store does nothing else meanwhile.
    private const int MaxCalls = 1000;
    private const long MaxBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly IQueueStore _store;
    private readonly SlowPoll _slowPoll;
    private readonly ITimer _timer;
    private readonly Lock _listenLock = new();
    private readonly Lock _dueLock = new();
    private readonly TimeProvider _time;
    private Task<IAsyncDisposable>? _listening;
    private long _setAt; // a timestamp
    private TimeSpan _setFor = TimeSpan.MaxValue;
    private bool _setForPoll;
    private volatile bool _polls;
    private int _users;
    private int _idleSweeps;

    public QueueHub(QueueName queue, IQueueStore store, RestMqOptions options, TimeProvider time, DeliveryPolicies policies, ILogger logger, QueueMetrics metrics)
    {
        Queue = queue;
        _store = store;
        _time = time;
        _slowPoll = new SlowPoll(store, options);
        Adds = new(batch => store.AddAsync(queue, batch, whole: false, CancellationToken.None), static m => MaxBytes / MaxCalls + m.Body.Bytes.Length, MaxBytes, store.IsRemote);
        Exchanges = new(ExchangeAsync, static e => 1 + (e.Request?.Count ?? 0), MaxCalls, store.IsRemote);
        Pump = new QueuePump(this, store, options, policies, logger, metrics);
        _timer = time.CreateTimer(static hub => ((QueueHub)hub!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public QueueName Queue { get; }

    public TimeProvider Time => _time;

    public GroupCommit<NewMessage, AddResult> Adds { get; }

    public GroupCommit<Exchange, Exchange.Result> Exchanges { get; }

    public Waiters Waiters { get; } = new();

    public QueuePump Pump { get; }

    /// <summary>
    /// Says that its lanes are used. A call in a lane needs no more: it is done even if the hub is dropped meanwhile.
    /// </summary>
    public QueueHub Used()
    {
        _idleSweeps = 0;
        return this;
    }

    /// <summary>
    /// Begins a use of the rest; false when the hub has just been dropped, and a new one is to be asked for.
    /// </summary>
    public bool TryEnter()
    {
        _idleSweeps = 0;
        return Interlocked.Increment(ref _users) > 0;
    }

    /// <summary>Ends a use.</summary>
    public void Leave() => Interlocked.Decrement(ref _users);

    /// <summary>Drops the hub when nobody used it since the sweep before the last.</summary>
    public bool TryClose() =>
        ++_idleSweeps > 2 && _users == 0 && Interlocked.CompareExchange(ref _users, int.MinValue / 2, 0) == 0;

    /// <summary>Makes sure that hints are flowing; at the first call it completes when they are.</summary>
    public ValueTask ListenAsync(CancellationToken cancellationToken) =>
        _listening is { IsCompletedSuccessfully: true } ? default : new(ListeningAsync().WaitAsync(cancellationToken));

    /// <summary>
    /// Says when the queue is to be looked at again without a wake-up: at the latest after the slow poll.
    /// </summary>
    public void LookIn(TimeSpan? next)
    {
        lock (_dueLock)
        {
            var poll = _slowPoll.Next();
            _polls = false;
            if (next is { } time && time < poll) SetTimer(time, isPoll: false);
            else SetTimer(poll, isPoll: true);
        }
    }

    /// <summary>Notes that a look found something.</summary>
    public void Found()
    {
        if (!_polls) return;
        lock (_dueLock)
        {
            _slowPoll.Found();
            _polls = false;
        }
    }

    /// <summary>Has the queue looked at soon if it is in use: wake-ups may have been lost.</summary>
    public void WakeUpsLost()
    {
        if (_users <= 0) return;
        lock (_dueLock) SetTimer(_slowPoll.Lost(), isPoll: true);
    }

    public async ValueTask CloseAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        await Pump.DisposeAsync().ConfigureAwait(false);
        // What has been replied is still to be settled; a store that is away is not waited for.
        await Task.WhenAny(Task.WhenAll(Adds.DrainedAsync(), Exchanges.DrainedAsync()), Task.Delay(Patience, _time)).ConfigureAwait(false);
        if (_listening is not { } listening) return;
        await ((Task)listening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (listening.IsCompletedSuccessfully) await (await listening.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
    }

    // One attempt for all who wait for it, so that they do not wait for each other's to fail; one that has failed is
    // not kept.
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
        await Task.Yield(); // The store may do some of it before its first await, and the caller holds a lock.
        return await _store.ListenAsync(Queue, OnHint, CancellationToken.None).ConfigureAwait(false);
    }

    private void OnHint(QueueHint hint)
    {
        if (hint.IsPurge) Pump.EndStreams();
        Pump.Ended(hint.Ended);
        Waiters.Wake();
        Pump.Signal();
    }

    private void SetTimer(TimeSpan wait, bool isPoll)
    {
        // Not by the clock on the wall: when that is set, the timer is not.
        if (_setFor - _time.GetElapsedTime(_setAt) <= wait) return;
        (_setAt, _setFor, _setForPoll) = (_time.GetTimestamp(), wait, isPoll);
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void OnDue()
    {
        lock (_dueLock)
        {
            if (_setForPoll)
            {
                _slowPoll.Passed();
                _polls = true;
            }
            _setFor = TimeSpan.MaxValue;
        }
        Waiters.Wake();
        Pump.Signal();
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
/// One caller's part of an exchange with the store: the settling of a hand-out, or a request for more.
/// </summary>
internal readonly record struct Exchange(Settlement? Settlement, LeaseRequest? Request)
{
    /// <summary>What it came to.</summary>
    /// <param name="Settled">For a settlement.</param>
    /// <param name="Messages">For a request: its messages.</param>
    /// <param name="Next">For a request: as in <see cref="LeasedBatch"/> when nothing was found; otherwise its
    /// <see cref="LeasedBatch.Due"/>.</param>
    /// <param name="More">For a request: as in <see cref="LeasedBatch"/>.</param>
    internal readonly record struct Result(SettleResult Settled, IReadOnlyList<QueueMessage> Messages, TimeSpan? Next, bool More);
}
