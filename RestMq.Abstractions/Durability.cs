namespace RestMq;

/// <summary>Specifies how safe a message must be before its add is answered.</summary>
public enum Durability
{
    /// <summary>
    /// The store has the message. How well the message survives a failure depends on the configuration of the store.
    /// </summary>
    Stored,

    /// <summary>
    /// The store and <c>RedisStoreOptions.Replicas</c> of its replicas have the message. An add that the
    /// replicas do not confirm within <c>RedisStoreOptions.ReplicationTimeout</c> throws
    /// <see cref="RestMqNotReplicatedException"/>.
    /// </summary>
    Replicated,
}
