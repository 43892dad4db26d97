using StackExchange.Redis;

namespace RestMq.Redis.Connections;

/// <summary>
/// Sorts the failures of a call to Redis: is the store away, and is it proven that nothing was executed?
/// </summary>
internal static class RedisErrors
{
    // A replica, a full disk or memory, too few replicas, a slot without a server, missing rights: a sound server
    // does what is asked.
    private static readonly string[] Refusals =
    [
        "LOADING", "READONLY", "MISCONF", "OOM", "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "ASK", "MOVED",
        "UNBLOCKED", "BUSY", "NOAUTH", "WRONGPASS", "NOPERM", "NOSCRIPT",
    ];

    /// <summary>
    /// Returns whether the server is away or refuses what every server should do: the answer is then 503, and the
    /// mistake is not ours.
    /// </summary>
    public static bool IsAway(Exception e) => e switch
    {
        RedisConnectionException or RedisTimeoutException or TimeoutException => true,
        RedisServerException server => Refusals.Any(code => HasCode(server, code)),
        _ => false,
    };

    /// <summary>The same of a call by this link, which may have been closed since.</summary>
    public static bool IsAway(Exception e, RedisLink link) => IsAway(e) || (link.IsClosed && e is ObjectDisposedException);

    /// <summary>
    /// Returns why a call may be sent again: only a failure that proves that nothing was executed gives a reason.
    /// </summary>
    public static RetryReason ReasonToRetry(Exception e, RedisLink link) => e switch
    {
        RedisServerException server when IsCode(server, "TRYAGAIN") => RetryReason.SlotInTransit,
        RedisServerException server when HasCode(server, "READONLY") => RetryReason.NotPrimary,
        RedisServerException server when Unrouted.Any(code => IsCode(server, code)) => RetryReason.NotRouted,
        // The client library reports a redirection that it could not follow so; a call that waits for a connection
        // fails otherwise.
        RedisConnectionException { FailureType: ConnectionFailureType.UnableToConnect } => RetryReason.NotRouted,
        // The connection was replaced by that to the next primary before the call was written to it.
        ObjectDisposedException when link.IsClosed => RetryReason.Replaced,
        RedisConnectionException { CommandStatus: CommandStatus.WaitingToBeSent } when link.IsClosed => RetryReason.Replaced,
        _ => RetryReason.None,
    };

    /// <summary>Returns whether Redis does not know the script by its hash.</summary>
    public static bool IsUnknownScript(RedisServerException e) => IsCode(e, "NOSCRIPT");

    // Refused before a command is looked at.
    private static readonly string[] Unrouted = ["ASK", "MOVED", "CLUSTERDOWN", "MASTERDOWN", "NOSCRIPT"];

    private static bool IsCode(RedisServerException e, string code) => e.Message.StartsWith(code, StringComparison.Ordinal);

    // Redis 6.2 puts the error of a command in a script behind words of its own.
    private static bool HasCode(RedisServerException e, string code) => IsCode(e, code)
        || e.Message.Contains(": " + code, StringComparison.Ordinal) || e.Message.Contains(": -" + code, StringComparison.Ordinal);
}

/// <summary>Why a call that failed may be sent again.</summary>
internal enum RetryReason
{
    /// <summary>The call may have been executed, or would fail again.</summary>
    None,

    /// <summary>
    /// The queue's slot is on its way to another server of the cluster; calls on several keys wait until it has
    /// arrived.
    /// </summary>
    SlotInTransit,

    /// <summary>The server is no longer the primary.</summary>
    NotPrimary,

    /// <summary>No server took the call, as in the middle of a failover.</summary>
    NotRouted,

    /// <summary>The connection was replaced before the call was sent.</summary>
    Replaced,
}
