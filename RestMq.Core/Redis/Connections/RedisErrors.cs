using System.Net.Sockets;
using System.Security.Authentication;
using StackExchange.Redis;

namespace RestMq.Redis.Connections;

/// <summary>
/// Classifies the failures of a call to Redis: whether the store is away, and whether it is proven that nothing was
/// executed.
/// </summary>
internal static class RedisErrors
{
    // The codes of a server that cannot do what a sound server does: it is a replica, its disk or memory is full, it
    // has too few replicas, a slot has no server, or rights are missing.
    private static readonly string[] Refusals =
    [
        "LOADING", "READONLY", "MISCONF", "OOM", "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "ASK", "MOVED",
        "UNBLOCKED", "BUSY", "NOAUTH", "WRONGPASS", "NOPERM", "NOSCRIPT",
    ];

    /// <summary>
    /// Returns whether the server is away, or refuses what every sound server does. The answer is then 503, because the
    /// mistake is not the host's.
    /// </summary>
    public static bool IsAway(Exception e) => e switch
    {
        RedisConnectionException or RedisTimeoutException or TimeoutException => true,
        RedisServerException server => Refusals.Any(code => HasCode(server, code)) || RefusalIn(server) is not null,
        _ => false,
    };

    /// <summary>
    /// Returns the error by which Redis refused a command, a key or a channel to the user of the connection (ACL).
    /// Returns null for any other failure. In a script the error has no code before Redis 7.2.
    /// </summary>
    public static string? RefusalIn(Exception e)
    {
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            foreach (var sign in RefusalSigns)
            {
                if (cause.Message.IndexOf(sign, StringComparison.Ordinal) is >= 0 and var at) return cause.Message[at..];
            }
        }
        return null;
    }

    private static readonly string[] RefusalSigns = ["NOPERM", "The user executing the script can't", "ACL failure in script"];

    /// <summary>Returns the same for a call over this link, which may have been closed since.</summary>
    public static bool IsAway(Exception e, RedisLink link) => IsAway(e) || (link.IsClosed && e is ObjectDisposedException);

    /// <summary>
    /// Returns why a call may be sent again. Only a failure that proves that nothing was executed gives a reason.
    /// </summary>
    public static RetryReason ReasonToRetry(Exception e, RedisLink link) => e switch
    {
        RedisServerException server when IsCode(server, "TRYAGAIN") => RetryReason.SlotInTransit,
        RedisServerException server when HasCode(server, "READONLY") => RetryReason.NotPrimary,
        RedisServerException server when Unrouted.Any(code => IsCode(server, code)) => RetryReason.NotRouted,
        // StackExchange.Redis reports a redirection that it could not follow with this failure type. A call that waits
        // for a connection fails with another type.
        RedisConnectionException { FailureType: ConnectionFailureType.UnableToConnect } => RetryReason.NotRouted,
        // The connection to the next primary replaced this connection before the call was written.
        ObjectDisposedException when link.IsClosed => RetryReason.Replaced,
        RedisConnectionException { CommandStatus: CommandStatus.WaitingToBeSent } when link.IsClosed => RetryReason.Replaced,
        _ => RetryReason.None,
    };

    /// <summary>Returns whether Redis does not know the script by its hash.</summary>
    public static bool IsUnknownScript(RedisServerException e) => IsCode(e, "NOSCRIPT");

    /// <summary>
    /// Returns a short reason in words for people. StackExchange.Redis' own message is a page of numbers, with the
    /// cause somewhere inside.
    /// </summary>
    public static string Explain(Exception e)
    {
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case AuthenticationException tls: return $"the TLS handshake failed: {tls.Message}";
                case RedisServerException server: return server.Message;
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }: return "its port refuses connections (connection refused).";
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }: return "its host name is not known.";
                case SocketException { SocketErrorCode: not (SocketError.OperationAborted or SocketError.TimedOut) } socket: return socket.Message;
                case RedisConnectionException { FailureType: ConnectionFailureType.InternalFailure, InnerException: { } strange }:
                    return $"it does not speak Redis' protocol, or needs TLS: {strange.Message}";
                // StackExchange.Redis reports a TLS handshake that ends early in either of these ways.
                case RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure, InnerException: IOException lost }:
                    return TlsFailure(lost);
                case RedisConnectionException { FailureType: ConnectionFailureType.SocketFailure, InnerException: IOException lost } opened
                    when opened.Message.Contains("origin: ConnectedAsync", StringComparison.Ordinal):
                    return TlsFailure(lost);
                case RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure, InnerException: { } refusal } when refusal is not AuthenticationException: return refusal.Message;
            }
        }
        if (IsLate(e)) return "it did not answer in time.";
        return e is RedisConnectionException connection ? $"{connection.FailureType}" : e.Message;
    }

    private static string TlsFailure(IOException e) =>
        IsLate(e) ? "the TLS handshake was not answered in time. Does the port use TLS?" : $"the TLS handshake failed: {e.Message}";

    /// <summary>
    /// Returns whether a failure says only that no answer came in time. A busy server, or a busy machine, looks the
    /// same.
    /// </summary>
    public static bool IsLate(Exception e)
    {
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case SocketException socket: return socket.SocketErrorCode is SocketError.OperationAborted or SocketError.TimedOut;
                case TimeoutException or RedisTimeoutException: return true;
                case RedisConnectionException { FailureType: ConnectionFailureType.UnableToConnect, InnerException: null }: return true;
            }
        }
        return false;
    }

    // Redis refuses a call with these codes before it executes any command.
    private static readonly string[] Unrouted = ["ASK", "MOVED", "CLUSTERDOWN", "MASTERDOWN", "NOSCRIPT"];

    private static bool IsCode(RedisServerException e, string code) => e.Message.StartsWith(code, StringComparison.Ordinal);

    // Redis 6.2 puts its own words before the error of a command in a script.
    private static bool HasCode(RedisServerException e, string code) => IsCode(e, code)
        || e.Message.Contains(": " + code, StringComparison.Ordinal) || e.Message.Contains(": -" + code, StringComparison.Ordinal);
}

/// <summary>Tells why a call that failed may be sent again.</summary>
internal enum RetryReason
{
    /// <summary>The call may have been executed, or would fail again.</summary>
    None,

    /// <summary>
    /// The queue's slot is on its way to another server of the cluster. Calls on several keys wait until the slot has
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
