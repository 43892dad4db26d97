namespace RestMq;

/// <summary>What a client of the JSON protocol may do.</summary>
public enum CommandScope
{
    /// <summary>Every command, of any queue.</summary>
    All,

    /// <summary>Only commands on messages: add, get, take, lease, del, extend, release, bury and len; nothing that administers queues.</summary>
    Messages,
}
