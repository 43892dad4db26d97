namespace RestMq.Client;

/// <summary>How safe a message must be before the host answers its add.</summary>
public enum MessageDurability
{
    /// <summary>The host's store has it.</summary>
    Stored,

    /// <summary>
    /// Replicas of the store have it too. A <see cref="RestMqClientException"/> of the type
    /// <c>urn:restmq:not-replicated</c> (503) says that too few confirmed it in time: the message may exist, and the
    /// same add again with the same idempotency key adds it once.
    /// </summary>
    Replicated,
}
