using System.Text.Json;

namespace RestMq.Client;

/// <summary>Where the host is, and how messages are written and read.</summary>
public sealed class RestMqClientOptions
{
    /// <summary>
    /// Where RestMQ is mapped, such as <c>https://queues.example/mq</c>, with a slash at its end or without.
    /// <value>Null: as <c>ConfigureHttpClient</c> says.</value>
    /// </summary>
    public Uri? BaseAddress { get; set; }

    /// <summary>
    /// How messages are written and read. A trimmed or AOT application sets its <c>TypeInfoResolver</c> to a <c>JsonSerializerContext</c> of its own,
    /// or uses the methods that are given a <c>JsonTypeInfo</c> (<see cref="RestMqClientJsonExtensions"/>).
    /// <value>The defaults of the web: camel case, and read whatever the case.</value>
    /// </summary>
    public JsonSerializerOptions SerializerOptions { get; set; } = new(JsonSerializerDefaults.Web);

    /// <summary>
    /// Whether an add without an idempotency key of its own is given one, so that a request that is sent again, by a retry or by a proxy, adds
    /// once. The host remembers each for five minutes. <value>True.</value>
    /// </summary>
    public bool IdempotentAdds { get; set; } = true;

    /// <summary>How much longer than it was asked to wait the host may take to answer. <value>30 seconds.</value></summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(30);
}
