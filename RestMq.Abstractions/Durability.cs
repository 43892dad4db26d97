namespace RestMq;

/// <summary>How safe a message must be before its add is answered.</summary>
public enum Durability
{
    /// <summary>The store has the message, and keeps it as well as the store is configured to.</summary>
    Stored,

    /// <summary>
    /// So many replicas of the store have the message too (<c>RedisStoreOptions.Replicas</c>). An add that they
    /// do not confirm in time (<c>RedisStoreOptions.ReplicationTimeout</c>) ends with
    /// <see cref="RestMqNotReplicatedException"/>.
    /// </summary>
    Replicated,
}
