using RestMq.Stores;

namespace RestMq.Engine;

/// <summary>
/// Calculates when a queue is looked at without a wake-up: after <see cref="RestMqOptions.SlowPoll"/>. While the store
/// proves that wake-ups arrive, the time doubles with each slow poll, up to <see cref="RestMqOptions.MaxSlowPoll"/>.
/// Times are shortened at random, so that many queues do not poll at the same moment. Not thread-safe.
/// </summary>
internal sealed class SlowPoll(IQueueStore store, RestMqOptions options)
{
    // The largest fraction by which a time is shortened. A doubled time is shortened by more, so that streams that were
    // opened together do not poll together every few minutes.
    private const double Jitter = 0.25;
    private const double StretchedJitter = 0.5;

    private TimeSpan _time = options.SlowPoll;
    private bool _looking;

    /// <summary>Returns how long to wait for a wake-up after a look at the queue.</summary>
    public TimeSpan Next()
    {
        if (!store.WakeUpsFlow) _time = options.SlowPoll;
        else if (_looking && _time < options.MaxSlowPoll) _time = _time * 2 < options.MaxSlowPoll ? _time * 2 : options.MaxSlowPoll;
        _looking = false;
        return _time * (1 - (Random.Shared.NextDouble() * (_time > options.SlowPoll ? StretchedJitter : Jitter)));
    }

    /// <summary>Records that the time passed without a wake-up, so that the next look is a slow poll.</summary>
    public void Passed() => _looking = true;

    /// <summary>
    /// Records that a look found messages. If the look was a slow poll, a wake-up was lost although wake-ups were
    /// proven to arrive. The time then starts again at <see cref="RestMqOptions.SlowPoll"/>.
    /// </summary>
    public void Found()
    {
        if (_looking) _time = options.SlowPoll;
        _looking = false;
    }

    /// <summary>
    /// Returns when to look because wake-ups may have been lost: soon, at a random time, so that not all queues look at
    /// the same moment.
    /// </summary>
    public TimeSpan Lost()
    {
        _time = options.SlowPoll;
        return _time * Random.Shared.NextDouble();
    }
}
