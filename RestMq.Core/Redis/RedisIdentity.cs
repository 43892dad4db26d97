namespace RestMq.Redis;

/// <summary>
/// Names the Redis process that runs a script. A script that holds the name is unknown to every other process, which
/// answers NOSCRIPT: so a host learns of a new server before anything is written there.
/// </summary>
/// <param name="RunId">From <c>run_id</c> and <c>master_replid</c> of INFO: a new one after a restart and after a
/// promotion. Empty when it is not known.</param>
/// <param name="IsFresh">Whether the server was asked for its name just now. Then the script is sent as a text.</param>
internal readonly record struct RedisIdentity(string RunId, bool IsFresh)
{
    /// <summary>For scripts that do not name their server.</summary>
    public static readonly RedisIdentity Any = new("", false);

    /// <summary>
    /// By a script, which goes where its key is, and which needs no connection in the client's admin mode.
    /// </summary>
    public const string IdentifyScript = "return redis.call('INFO', 'server') .. redis.call('INFO', 'replication')";

    /// <summary>Reads the reply of <see cref="IdentifyScript"/>.</summary>
    public static RedisIdentity Parse(string? info) => new(Field(info, "run_id:") + Field(info, "master_replid:"), IsFresh: true);

    // A part of it is enough to tell servers apart, and keeps `meta` small. It goes into a script: only hexadecimal
    // digits are let in.
    private static string Field(string? info, string name)
    {
        const int Digits = 12;
        var at = info?.IndexOf(name, StringComparison.Ordinal) ?? -1;
        return at < 0 ? "" : string.Concat(info!.Skip(at + name.Length).TakeWhile(char.IsAsciiHexDigit).Take(Digits));
    }
}

/// <summary>Another server keeps the keys than the script names. Nothing was done there.</summary>
internal sealed class OtherRedisServerException(Exception inner) : Exception("Another Redis server keeps the queue now.", inner);
