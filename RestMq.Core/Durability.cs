namespace RestMq;

/// <summary>How safe a message must be before its add is answered.</summary>
public enum Durability
{
    /// <summary>The store has the message, and keeps it as well as the store is configured to.</summary>
    Stored,

    /// <summary>
    /// So many replicas of the store have the message too (<see cref="RedisStoreOptions.Replicas"/>). An add that they
    /// do not confirm in time (<see cref="RedisStoreOptions.ReplicationTimeout"/>) ends with
    /// <see cref="RestMqNotReplicatedException"/>.
    /// </summary>
    Replicated,
}
