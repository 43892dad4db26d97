using RestMq.Stores;

namespace RestMq.Engine;

/// <summary>
/// When a queue is looked at although no wake-up came: after <see cref="RestMqOptions.SlowPoll"/>; and while the store
/// proves that wake-ups arrive, after twice as long each time, up to <see cref="RestMqOptions.MaxSlowPoll"/>. Times are
/// shortened by chance, so that many queues do not look together. For one caller at a time.
/// </summary>
internal sealed class SlowPoll(IQueueStore store, RestMqOptions options)
{
    // By how much a time is shortened at most. A stretched one by more, so that streams that were opened together do not look together every few minutes.
    private const double Jitter = 0.25;
    private const double StretchedJitter = 0.5;

    private TimeSpan _time = options.SlowPoll;
    private bool _looking;

    /// <summary>Returns how long to wait for a wake-up, now that the queue was looked at.</summary>
    public TimeSpan Next()
    {
        if (!store.WakeUpsFlow) _time = options.SlowPoll;
        else if (_looking && _time < options.MaxSlowPoll) _time = _time * 2 < options.MaxSlowPoll ? _time * 2 : options.MaxSlowPoll;
        _looking = false;
        return _time * (1 - (Random.Shared.NextDouble() * (_time > options.SlowPoll ? StretchedJitter : Jitter)));
    }

    /// <summary>Notes that the time passed without a wake-up, and that the queue is looked at.</summary>
    public void Passed() => _looking = true;

    /// <summary>
    /// Notes that a look found something. If it was a slow poll that found it, its wake-up was lost, whatever is
    /// proven.
    /// </summary>
    public void Found()
    {
        if (_looking) _time = options.SlowPoll;
        _looking = false;
    }

    /// <summary>Returns when to look because wake-ups may have been lost: soon, and not all queues together.</summary>
    public TimeSpan Lost()
    {
        _time = options.SlowPoll;
        return _time * Random.Shared.NextDouble();
    }
}
