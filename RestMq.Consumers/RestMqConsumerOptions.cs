using System.Text.Json;

namespace RestMq;

/// <summary>How a hosted consumer works. These are named options: the name is the consumer's queues, as they were given.</summary>
public sealed class RestMqConsumerOptions
{
    /// <summary>
    /// Where the messages come from: the key of an <see cref="IMessageSource"/>, such as <see cref="MessageSourceNames.Client"/>.
    /// <value>Null: the engine in this process when there is one, else the client.</value>
    /// </summary>
    public string? Source { get; set; }

    /// <summary>How many messages are handled at a time, 1 to 1000. <value>1: in the order of the queue.</value></summary>
    public int Concurrency { get; set; } = 1;

    /// <summary>
    /// How many messages are held at a time, those being handled included, at most 1000: what is taken ahead spares the handlers a wait, and
    /// other consumers do not get it. <value>Null: twice <see cref="Concurrency"/>.</value>
    /// </summary>
    public int? Prefetch { get; set; }

    /// <summary>
    /// How long a message is leased, at least a second. The lease is renewed at its half for as long as the message is held: it says how soon
    /// the messages of a host that died come to another one, not how long a handler may take. <value>30 seconds.</value>
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long to wait for messages at a time, at least a second. <value>20 seconds.</value></summary>
    public TimeSpan Wait { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>After how long a message comes again that failed for the first time; each further time it is twice that. <value>1 second.</value></summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The longest pause before a message comes again; where the queues' host takes none so long (its <c>RestMqOptions.MaxDelay</c>), what it takes,
    /// and a warning says so. <value>5 minutes.</value>
    /// </summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Which exceptions, besides <see cref="PoisonMessageException"/>, say that a message can never be handled, so that it is buried rather than
    /// tried again. <value>None.</value>
    /// </summary>
    public Func<Exception, bool> IsPoison { get; set; } = static _ => false;

    /// <summary>
    /// How long handlers may take to finish when the host stops; then they are cancelled, and their messages given back. A host's own patience
    /// is <c>HostOptions.ShutdownTimeout</c>, and cuts this short. <value>20 seconds.</value>
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How messages are read from JSON. A trimmed or AOT application gives options with a resolver, or a <c>JsonTypeInfo</c> to
    /// <c>AddRestMqConsumer</c>. <value>Null: the defaults of the web.</value>
    /// </summary>
    public JsonSerializerOptions? SerializerOptions { get; set; }

    internal int Held => Prefetch ?? Math.Min(2 * Concurrency, 1000);

    internal TimeSpan DelayAfter(long count)
    {
        var seconds = RetryDelay.TotalSeconds * Math.Pow(2, Math.Min(count - 1, 60));
        return seconds < MaxRetryDelay.TotalSeconds ? TimeSpan.FromSeconds(seconds) : MaxRetryDelay;
    }
}
