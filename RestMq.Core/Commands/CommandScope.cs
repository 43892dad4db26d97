namespace RestMq;

/// <summary>Specifies which commands a client of the JSON protocol may send.</summary>
public enum CommandScope
{
    /// <summary>Every command.</summary>
    All,

    /// <summary>
    /// Only the commands on messages: add, get, take, lease, del, extend, release, bury and len. Commands that
    /// administer queues are refused.
    /// </summary>
    Messages,
}
