namespace RestMq.Client;

/// <summary>Holds the options of an add: delay, time to live, idempotency key, durability and content type.</summary>
public sealed record AddMessageOptions
{
    /// <summary>Gets how long the message is delayed before it becomes ready, at most 365 days.</summary>
    /// <value>The default is zero: the message is ready at once.</value>
    public TimeSpan Delay { get; init; }

    /// <summary>
    /// Gets how long the message is kept, from 1 second to 3650 days. After that the message is dropped without a
    /// delivery.
    /// </summary>
    /// <value>The default is null: the queue's own time to live applies.</value>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>
    /// Gets the producer's id for this add, 1 to 200 characters. A second add with the same id within five minutes adds
    /// nothing and returns the key of the first message.
    /// </summary>
    /// <value>
    /// The default is null: the client generates an id, so that a request that is sent again adds the message once. See
    /// <see cref="RestMqClientOptions.IdempotentAdds"/>.
    /// </value>
    public string? IdempotencyKey { get; init; }

    /// <summary>
    /// Gets how durable the message must be before the add returns. A host whose store has no replicas refuses
    /// <see cref="Durability.Replicated"/> (<c>urn:restmq:durability-unsupported</c>) and adds nothing.
    /// </summary>
    /// <value>The default is null: the queue's own durability applies.</value>
    public Durability? Durability { get; init; }

    /// <summary>Gets the content type of the message, such as <c>image/png</c>.</summary>
    /// <value>
    /// The default is null: a serialized object is sent as <c>application/json</c>, texts and bytes without a content
    /// type.
    /// </value>
    public string? ContentType { get; init; }
}
