using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using RestMq.Stores;

namespace RestMq.Redis;

/// <summary>Holds a script in the form in which a server runs it.</summary>
/// <param name="Text">The Lua source.</param>
/// <param name="NamesServer">Whether the source contains the identity of the server that must run it. A server that
/// does not know the hash is another server, and must not get the source. The source is sent when the
/// server has just been identified.</param>
internal sealed record RedisScript(string Text, bool NamesServer = false)
{
    /// <summary>Gets the SHA-1 hash by which Redis finds a script that it has run before.</summary>
    public byte[] Hash { get; } = SHA1.HashData(Encoding.UTF8.GetBytes(Text));
}

/// <summary>
/// Loads the scripts of <c>Scripts/</c>. Each include directive is replaced by the file that it names. Each name in
/// capitals is replaced by a limit of <see cref="StoreLimits"/>, a default of <see cref="QueueSettings"/>, or a
/// property of the server.
/// </summary>
internal sealed partial class RedisScripts
{
    // Must be declared before the scripts below, which use these values when they are created.
    private static readonly FrozenDictionary<string, string> Constants = new Dictionary<string, IFormattable>
    {
        ["MAX_MOVED"] = StoreLimits.Moved,
        ["MAX_EXPIRED"] = StoreLimits.Expired,
        ["MAX_PURGED"] = StoreLimits.Purged,
        ["MAX_REPLY_BYTES"] = StoreLimits.ReplyBytes,
        ["MAX_LOST_IDS"] = StoreLimits.MaxLostIds,
        ["IDS_PER_MS"] = StoreLimits.IdsPerMillisecond,
        ["LOG_LIFE_MS"] = StoreLimits.HistoryLife.TotalMilliseconds,
        ["RECOVERABLE_MS"] = StoreLimits.Recoverable.TotalMilliseconds,
        ["DELIVERIES_PER_REDRIVE"] = DeliveryNumbers.PerRedrive,
        ["DEFAULT_MAX_RECEIVES"] = new QueueSettings().MaxReceives,
        ["DEFAULT_HISTORY"] = new QueueSettings().History,
        ["DEFAULT_HISTORY_BYTES"] = new QueueSettings().HistoryBytes,
    }.ToFrozenDictionary(static constant => constant.Key, static constant => constant.Value.ToString(null, CultureInfo.InvariantCulture));

    public static readonly RedisScripts Add = new("add");
    public static readonly RedisScripts Exchange = new("exchange");
    public static readonly RedisScripts Migrate = new("migrate");
    public static readonly RedisScripts Recover = new("recover");
    public static readonly RedisScripts Holds = new("holds");
    public static readonly RedisScripts PeekHead = new("peek_head");
    public static readonly RedisScripts Broadcast = new("broadcast");
    public static readonly RedisScripts Withdraw = new("withdraw");
    public static readonly RedisScripts Peek = new("peek");
    public static readonly RedisScripts Browse = new("browse");
    public static readonly RedisScripts DeleteQueue = new("delete_queue");
    public static readonly RedisScripts Purge = new("purge");
    public static readonly RedisScripts Configure = new("configure");
    public static readonly RedisScripts Redrive = new("redrive");
    public static readonly RedisScripts Stats = new("stats");

    private readonly ConcurrentDictionary<(string RunId, bool UsesShardedChannels), RedisScript> _byServer = [];
    private readonly string _text;
    private readonly bool _namesServer;

    private RedisScripts(string name)
    {
        _text = Constant().Replace(Expand(name + ".lua", []), static match => Constants.GetValueOrDefault(match.Value, match.Value));
        _namesServer = _text.Contains("SERVER", StringComparison.Ordinal);
    }

    /// <summary>Returns the script for a server.</summary>
    /// <param name="runId">The identity of the server. A script that does not contain it ignores it.</param>
    /// <param name="usesShardedChannels">Whether wake-ups use sharded pub/sub.</param>
    public RedisScript For(string runId = "", bool usesShardedChannels = false)
    {
        var server = (_namesServer ? runId : "", usesShardedChannels);
        return _byServer.TryGetValue(server, out var script) ? script : _byServer.GetOrAdd(server, new RedisScript(TextFor(server), _namesServer));
    }

    private string TextFor((string RunId, bool UsesShardedChannels) server) => Constant().Replace(_text, match => match.Value switch
    {
        "SERVER" => $"'{server.RunId}'",
        "WAKE_COMMAND" => server.UsesShardedChannels ? "'SPUBLISH'" : "'PUBLISH'",
        var other => other,
    });

    // Includes each file once, at its first include directive.
    private static string Expand(string file, HashSet<string> included) => Include().Replace(
        Read(file), include => included.Add(include.Groups["file"].Value) ? Expand(include.Groups["file"].Value, included) : "");

    private static string Read(string file)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)
            ?? throw new InvalidOperationException(
                $"The script '{file}' must be embedded in {typeof(RedisScript).Assembly.GetName().Name}, but is not.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^ *--- @include ""(?<file>[^""]+)""\r?$", RegexOptions.Multiline)]
    private static partial Regex Include();

    [GeneratedRegex("[A-Z]+(_[A-Z]+)*")]
    private static partial Regex Constant();
}
