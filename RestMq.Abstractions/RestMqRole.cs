namespace RestMq;

/// <summary>What a caller wants to do with a queue: what a host authorizes by.</summary>
public enum RestMqRole
{
    /// <summary>Add messages.</summary>
    Produce,

    /// <summary>Take, look at and settle messages.</summary>
    Consume,

    /// <summary>Listen to a live stream. The commands sent over a WebSocket need roles of their own.</summary>
    Stream,

    /// <summary>Purge, change settings, start and stop, see all queues.</summary>
    Admin,
}
