using System.Text.Json;

namespace RestMq;

/// <summary>
/// Holds the options of a hosted consumer. They are named options: their name is the <c>queues</c> argument of
/// <c>AddRestMqConsumer</c>.
/// </summary>
public sealed class RestMqConsumerOptions
{
    /// <summary>
    /// Gets or sets the source of the messages: the key of an <see cref="IMessageSource"/>, such as
    /// <see cref="MessageSourceNames.Client"/>.
    /// </summary>
    /// <value>The default is null: the engine in this process if there is one, otherwise the client.</value>
    public string? Source { get; set; }

    /// <summary>Gets or sets how many messages are handled at a time, 1 to 1000.</summary>
    /// <value>The default is 1: messages are handled in the order of the queue.</value>
    public int Concurrency { get; set; } = 1;

    /// <summary>
    /// Gets or sets how many messages are held at a time, those being handled included. It is at least
    /// <see cref="Concurrency"/> and at most 1000. Prefetched messages save the handlers a wait, but other consumers
    /// cannot get them.
    /// </summary>
    /// <value>The default is null: twice <see cref="Concurrency"/>, at most 1000.</value>
    public int? Prefetch { get; set; }

    /// <summary>
    /// Gets or sets how long a message is leased, from 1 second to 12 hours. While the consumer holds the message, it
    /// extends the lease after half of its time. So the lease does not limit how long a handler may take. It says how
    /// soon the messages of a process that died are delivered to another consumer.
    /// </summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets how long one request waits for messages, from 1 second to 12 hours.</summary>
    /// <value>The default is 20 seconds.</value>
    public TimeSpan Wait { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Gets or sets the pause before a failed message is delivered again, at most 12 hours. Each further failure doubles
    /// the pause.
    /// </summary>
    /// <value>The default is 1 second.</value>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Gets or sets the longest pause before a failed message is delivered again, from <see cref="RetryDelay"/> to 12
    /// hours. The host may accept only shorter delays (its <c>RestMqOptions.MaxDelay</c>). The host's limit then applies, and the consumer logs a warning.
    /// </summary>
    /// <value>The default is 5 minutes.</value>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Gets or sets which exceptions, besides <see cref="PoisonMessageException"/>, mean that a message can never be
    /// handled. The consumer buries such a message instead of trying again.
    /// </summary>
    /// <value>The default returns false for every exception.</value>
    public Func<Exception, bool> IsPoison { get; set; } = static _ => false;

    /// <summary>
    /// Gets or sets how long running handlers may take to finish when the application stops, at most 12 hours. After
    /// that they are cancelled and their messages are released. A shorter <c>HostOptions.ShutdownTimeout</c> ends this time earlier.
    /// </summary>
    /// <value>The default is 20 seconds.</value>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Gets or sets how messages are read from JSON. A trimmed or AOT application sets options with a
    /// <c>TypeInfoResolver</c>, or passes a <c>JsonTypeInfo</c> to <c>AddRestMqConsumer</c>.
    /// </summary>
    /// <value>The default is null: <see cref="JsonSerializerOptions.Web"/> applies.</value>
    public JsonSerializerOptions? SerializerOptions { get; set; }

    /// <summary>Gets the mistakes in the settings that were bound. The validator reports them.</summary>
    internal List<string> Mistakes { get; } = [];

    internal int Held => Prefetch ?? Math.Min(2 * Concurrency, 1000);

    internal TimeSpan DelayAfter(long count)
    {
        var seconds = RetryDelay.TotalSeconds * Math.Pow(2, Math.Min(count - 1, 60));
        return seconds < MaxRetryDelay.TotalSeconds ? TimeSpan.FromSeconds(seconds) : MaxRetryDelay;
    }
}
