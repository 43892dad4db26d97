namespace RestMq;

/// <summary>The limits and times of the engine. The defaults are safe for a server that faces strangers.</summary>
public sealed class RestMqOptions
{
    /// <summary>The largest message, in bytes. <value>1 MiB.</value></summary>
    public int MaxMessageBytes { get; set; } = 1024 * 1024;

    /// <summary>The most messages in one add, one take or one page, 1 to 1000. <value>1000.</value></summary>
    public int MaxBatch { get; set; } = 1000;

    /// <summary>
    /// The largest request that adds several messages, and the most that they have together, in bytes. <value>16
    /// MiB.</value>
    /// </summary>
    public int MaxBatchBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>The longest wait of a long poll. <value>60 seconds.</value></summary>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest lease, at most a day. <value>12 hours.</value></summary>
    public TimeSpan MaxLease { get; set; } = TimeSpan.FromHours(12);

    /// <summary>The longest delay. <value>365 days.</value></summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromDays(365);

    /// <summary>The longest time to live. <value>3650 days.</value></summary>
    public TimeSpan MaxTimeToLive { get; set; } = TimeSpan.FromDays(3650);

    /// <summary>
    /// How long a plain take may need to write its reply before the message is given back: a client slower than this
    /// may see it twice.
    /// <value>60 seconds.</value>
    /// </summary>
    public TimeSpan TakeLease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an idempotency key is remembered, at most a day. <value>5 minutes.</value></summary>
    public TimeSpan IdempotencyWindow { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How often a queue's waiters and streams look for themselves while wake-ups are not proven to arrive, from 0.1
    /// seconds to an hour. While they are, the time doubles with each look that was for nothing, up to
    /// <see cref="MaxSlowPoll"/>.
    /// <value>5 seconds.</value>
    /// </summary>
    public TimeSpan SlowPoll { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest time between two such looks while the store proves that wake-ups arrive, at most a day. A time that
    /// is not longer than
    /// <see cref="SlowPoll"/> keeps that.
    /// <value>5 minutes.</value>
    /// </summary>
    public TimeSpan MaxSlowPoll { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Messages buffered for one live consumer before it counts as full. <value>100.</value></summary>
    public int ConsumerBuffer { get; set; } = 100;

    /// <summary>Live consumers of one queue on one daemon. <value>10 000.</value></summary>
    public int MaxConsumers { get; set; } = 10_000;

    /// <summary>
    /// Whether metrics have the queue's name as a dimension (<c>messaging.destination.name</c>): for a host with few
    /// queues, since each one costs every metric a series. <value>False.</value>
    /// </summary>
    public bool MetricsByQueue { get; set; }
}
