namespace RestMq.Redis;

/// <summary>
/// Identifies the Redis process that runs a script. Another process does not know a script that contains this identity,
/// and answers NOSCRIPT. So a host learns of a new server before it writes anything there.
/// </summary>
/// <param name="RunId">Parts of <c>run_id</c> and <c>master_replid</c> of INFO. It is new after a restart and after a
/// promotion. It is empty when it is not known.</param>
/// <param name="IsFresh">Whether the identity has just been read from the server. If so, the script is sent as
/// text.</param>
internal readonly record struct RedisIdentity(string RunId, bool IsFresh)
{
    /// <summary>Holds the identity for scripts that do not contain the identity of their server.</summary>
    public static readonly RedisIdentity Any = new("", false);

    /// <summary>
    /// Reads INFO by a script. Redis clients send a script to the server that keeps its key, and StackExchange.Redis
    /// does not need its admin mode for a script.
    /// </summary>
    public const string IdentifyScript =
        """
        local server, replication = redis.pcall('INFO', 'server'), redis.pcall('INFO', 'replication')
        return type(server) == 'string' and type(replication) == 'string' and server .. replication or ''
        """; // An ACL, or a managed server, may refuse INFO.

    /// <summary>Parses the reply of <see cref="IdentifyScript"/>.</summary>
    public static RedisIdentity Parse(string? info) => new(Field(info, "run_id:") + Field(info, "master_replid:"), IsFresh: true);

    // Returns the first digits of a field. They are enough to tell servers apart, and keep `meta` small. They become
    // part of a script, so only hexadecimal digits are accepted.
    private static string Field(string? info, string name)
    {
        const int Digits = 12;
        var at = info?.IndexOf(name, StringComparison.Ordinal) ?? -1;
        return at < 0 ? "" : string.Concat(info!.Skip(at + name.Length).TakeWhile(char.IsAsciiHexDigit).Take(Digits));
    }
}

/// <summary>Says that another server keeps the keys than the script names. That server has changed nothing.</summary>
internal sealed class OtherRedisServerException(Exception inner) : Exception("Another Redis server keeps the queue now.", inner);
