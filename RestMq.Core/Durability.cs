namespace RestMq;

/// <summary>Specifies how safe a message must be before its add is answered.</summary>
public enum Durability
{
    /// <summary>
    /// The store has the message. How well the message survives a failure depends on the configuration of the store.
    /// </summary>
    Stored,

    /// <summary>
    /// The store and <see cref="RedisStoreOptions.Replicas"/> of its replicas have the message. An add that the
    /// replicas do not confirm within <see cref="RedisStoreOptions.ReplicationTimeout"/> throws
    /// <see cref="RestMqNotReplicatedException"/>.
    /// </summary>
    Replicated,
}
