using RestMq.Wire;

namespace RestMq;

/// <summary>
/// Holds the limits and times of the engine. The defaults are safe for a server that is open to the internet.
/// </summary>
public sealed class RestMqOptions
{
    private int? _maxBatchBytes;

    /// <summary>Gets or sets the maximum size of a message, in bytes.</summary>
    /// <value>1 MiB.</value>
    public int MaxMessageBytes { get; set; } = 1024 * 1024;

    /// <summary>Gets or sets the maximum number of messages in one add, one take or one page, 1 to 1000.</summary>
    /// <value>1000.</value>
    public int MaxBatch { get; set; } = RequestDefaults.MaxBatch;

    /// <summary>
    /// Gets or sets the maximum size of a request that adds several messages, and of all its messages together, in
    /// bytes. It must be at least <see cref="MaxMessageBytes"/>.
    /// </summary>
    /// <value>16 MiB, or <see cref="MaxMessageBytes"/> if that is more.</value>
    public int MaxBatchBytes
    {
        get => _maxBatchBytes ?? Math.Max(RequestDefaults.MaxBatchBytes, MaxMessageBytes);
        set => _maxBatchBytes = value;
    }

    /// <summary>Gets or sets the maximum wait of a long poll, at most 1 day.</summary>
    /// <value>60 seconds.</value>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets or sets the maximum lease, at most 1 day.</summary>
    /// <value>12 hours.</value>
    public TimeSpan MaxLease { get; set; } = TimeSpan.FromHours(12);

    /// <summary>Gets or sets the maximum delay.</summary>
    /// <value>365 days.</value>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromDays(365);

    /// <summary>Gets or sets the maximum time to live.</summary>
    /// <value>3650 days.</value>
    public TimeSpan MaxTimeToLive { get; set; } = TimeSpan.FromDays(3650);

    /// <summary>
    /// Gets or sets the lease of a plain take, within which its reply must be written. When a client reads the reply
    /// more slowly than this, the message goes back to the queue, and the client may see it twice.
    /// </summary>
    /// <value>60 seconds.</value>
    public TimeSpan TakeLease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets or sets how long an idempotency key is remembered, at most 1 day.</summary>
    /// <value>5 minutes.</value>
    public TimeSpan IdempotencyWindow { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Gets or sets the longest time for which a producer may have its idempotency key remembered, at most 1 day.
    /// </summary>
    /// <value>1 day.</value>
    public TimeSpan MaxIdempotencyWindow { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Gets or sets the time between two slow polls, from 0.1 seconds to 1 hour. A slow poll looks at a queue without a
    /// wake-up, in case a wake-up was lost. While the store proves that wake-ups arrive, the time doubles with each
    /// slow poll that finds nothing, up to <see cref="MaxSlowPoll"/>.
    /// </summary>
    /// <value>5 seconds.</value>
    public TimeSpan SlowPoll { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets the longest time between two slow polls while the store proves that wake-ups arrive, at most 1 day.
    /// A value that is not longer than <see cref="SlowPoll"/> turns the doubling off.
    /// </summary>
    /// <value>5 minutes.</value>
    public TimeSpan MaxSlowPoll { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets or sets how many messages are buffered for one live consumer before it is full.</summary>
    /// <value>100.</value>
    public int ConsumerBuffer { get; set; } = 100;

    /// <summary>Gets or sets the maximum number of live consumers of one queue on one host.</summary>
    /// <value>10 000.</value>
    public int MaxConsumers { get; set; } = 10_000;

    /// <summary>
    /// Gets or sets the maximum memory of the queues in the memory store, in bytes: bodies, keys, histories, and the
    /// objects around them. Beyond it, adds are refused with <see cref="RestMqFullException"/> (429), and everything else
    /// works. Readiness is degraded from 80 % and unhealthy from 95 %.
    /// </summary>
    /// <value>Null: a half of the memory that the process may use.</value>
    public long? MaxMemoryBytes { get; set; }

    /// <summary>
    /// Gets or sets the maximum number of queues. An add or a setting that would make one more queue is refused with
    /// <see cref="RestMqFullException"/> (429).
    /// </summary>
    /// <value>1 000 000.</value>
    public int MaxQueues { get; set; } = 1_000_000;

    /// <summary>
    /// Gets or sets the maximum number of queues that one caller may have made on this host and that still exist, 1 or
    /// more. A caller is an authenticated name, or else an address (of IPv6, its /64 network). It applies to adds over
    /// HTTP.
    /// </summary>
    /// <value>10 000.</value>
    public int MaxQueuesPerCaller { get; set; } = 10_000;

    /// <summary>
    /// Gets or sets after how long an empty queue with default settings disappears, from 1 second to 1 day. Its ids go
    /// on when it is made again within a day.
    /// </summary>
    /// <value>5 minutes.</value>
    public TimeSpan EmptyQueueLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets or sets the maximum number of queues that one request may wait on, 1 to 100.</summary>
    /// <value>20.</value>
    public int MaxQueuesPerTake { get; set; } = 20;

    /// <summary>
    /// Gets or sets the maximum size of all request bodies together that a host is receiving or carrying out, in bytes.
    /// Beyond it, a body is refused (503). A body takes about twice its size in memory. Bodies of up to 4 KiB do not count.
    /// It must be at least <see cref="MaxBatchBytes"/>.
    /// </summary>
    /// <value>Null: a sixteenth of the memory that the process may use, and at least the size of the largest body.</value>
    public long? MaxRequestBytes { get; set; }

    /// <summary>
    /// Gets or sets how long a stream waits for a client that does not read, from 1 second to 1 day. Then the connection
    /// is cut, and the messages that were not sent return to the queue.
    /// </summary>
    /// <value>60 seconds.</value>
    public TimeSpan StreamWriteTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Gets or sets how long after its first fragment a message from the client of a WebSocket may end, from 1 second to 1
    /// day. Then the connection is cut. The bytes of one frame have no time limit of their own.
    /// </summary>
    /// <value>30 seconds.</value>
    public TimeSpan SocketMessageTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets or sets whether metrics have the name of the queue as a dimension (<c>messaging.destination.name</c>). Set
    /// it only on a host with few queues, because each queue adds a series to every metric.
    /// </summary>
    /// <value>False.</value>
    public bool MetricsByQueue { get; set; }
}
