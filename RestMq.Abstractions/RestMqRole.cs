namespace RestMq;

/// <summary>Specifies what a caller wants to do with a queue. A host authorizes calls by role.</summary>
public enum RestMqRole
{
    /// <summary>Add messages.</summary>
    Produce,

    /// <summary>Take, lease, look at and settle messages.</summary>
    Consume,

    /// <summary>Open a stream. Commands sent over a WebSocket need their own roles as well.</summary>
    Stream,

    /// <summary>Purge, redrive, change settings, start and stop queues, and list all queues.</summary>
    Admin,
}
