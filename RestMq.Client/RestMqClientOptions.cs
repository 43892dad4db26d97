using System.Text.Json;

namespace RestMq.Client;

/// <summary>Holds the options of a client: the address of the host, and how messages are written and read.</summary>
public sealed class RestMqClientOptions
{
    /// <summary>
    /// Gets or sets the URL at which RestMQ is mapped, such as <c>https://queues.example/mq</c>. A slash at its end
    /// makes no difference.
    /// </summary>
    /// <value>The default is null: the <c>BaseAddress</c> of the <see cref="HttpClient"/> applies.</value>
    public Uri? BaseAddress { get; set; }

    /// <summary>
    /// Gets or sets how messages are written and read as JSON. A trimmed or AOT application sets the
    /// <c>TypeInfoResolver</c> to its own <c>JsonSerializerContext</c>, or uses the methods with a <c>JsonTypeInfo</c>
    /// (<see cref="RestMqClientJsonExtensions"/>).
    /// </summary>
    /// <value>
    /// The default is <see cref="JsonSerializerDefaults.Web"/>: camel case, and property names are read in any case.
    /// </value>
    public JsonSerializerOptions SerializerOptions { get; set; } = new(JsonSerializerDefaults.Web);

    /// <summary>
    /// Gets or sets whether the client generates an idempotency key for an add that has none. A retry handler or a
    /// proxy may send a request again. With a key the host adds the message once. The host remembers a key for five
    /// minutes.
    /// </summary>
    /// <value>The default is true.</value>
    public bool IdempotentAdds { get; set; } = true;

    /// <summary>
    /// Gets or sets whether a full queue (<see cref="ProblemTypes.Full"/>) counts as a passing failure, so that the
    /// resilience handlers of the application send the add again. Without it, they do not see that reply.
    /// </summary>
    /// <value>The default is false: an add to a full queue throws at once.</value>
    public bool RetryFullQueues { get; set; }

    /// <summary>
    /// Gets or sets how long the host may take to answer, in addition to the wait of the request, from 1 ms to 12 hours.
    /// </summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan ReplyTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the mistakes in the settings that were bound. The validator reports them.</summary>
    internal List<string> Mistakes { get; } = [];
}
