namespace RestMq.Client;

/// <summary>Specifies how durable a message must be before the host answers its add.</summary>
public enum MessageDurability
{
    /// <summary>The host's store has the message.</summary>
    Stored,

    /// <summary>
    /// The store's replicas have the message too. When too few replicas confirm it in time, the add throws a
    /// <see cref="RestMqClientException"/> of the type <c>urn:restmq:not-replicated</c> (503). The message may exist
    /// then. Add it again with the same idempotency key, and it is added once.
    /// </summary>
    Replicated,
}
