using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using RestMq.Stores;

namespace RestMq.Redis;

/// <summary>A script as a server runs it.</summary>
/// <param name="Text">The script.</param>
/// <param name="NamesServer">Whether the text names the server that is to run it. Such a script must not be sent to a
/// server that does not know it.</param>
internal sealed record RedisScript(string Text, bool NamesServer = false)
{
    /// <summary>The hash by which Redis knows a script that it has run.</summary>
    public byte[] Hash { get; } = SHA1.HashData(Encoding.UTF8.GetBytes(Text));
}

/// <summary>
/// The scripts of <c>Scripts/</c>, each with its includes. The limits of <see cref="StoreLimits"/> and the defaults of
/// <see cref="QueueSettings"/> are put before each, and what the script has to know of the server.
/// </summary>
internal sealed partial class RedisScripts
{
    public static readonly RedisScripts Add = new("add");
    public static readonly RedisScripts Exchange = new("exchange");
    public static readonly RedisScripts Migrate = new("migrate");
    public static readonly RedisScripts Recover = new("recover");
    public static readonly RedisScripts Holds = new("holds");
    public static readonly RedisScripts PeekHead = new("peek_head");
    public static readonly RedisScripts Broadcast = new("broadcast");
    public static readonly RedisScripts Peek = new("peek");
    public static readonly RedisScripts Browse = new("browse");
    public static readonly RedisScripts Purge = new("purge");
    public static readonly RedisScripts PurgeState = new("purge_state");
    public static readonly RedisScripts Configure = new("configure");
    public static readonly RedisScripts Redrive = new("redrive");
    public static readonly RedisScripts Stats = new("stats");

    private readonly ConcurrentDictionary<(string RunId, bool UsesShardedChannels), RedisScript> _byServer = [];
    private readonly string _text;
    private readonly bool _namesServer;

    private RedisScripts(string name)
    {
        var text = new StringBuilder();
        Append(text, name + ".lua", []);
        _text = text.ToString();
        _namesServer = _text.Contains("SERVER", StringComparison.Ordinal);
    }

    /// <summary>Returns the script for a server.</summary>
    /// <param name="runId">The name of the server; ignored by a script that does not name it.</param>
    /// <param name="usesShardedChannels">Whether wake-ups go by sharded pub/sub.</param>
    public RedisScript For(string runId = "", bool usesShardedChannels = false)
    {
        var server = (_namesServer ? runId : "", usesShardedChannels);
        return _byServer.TryGetValue(server, out var script) ? script : _byServer.GetOrAdd(server, new RedisScript(Head(server) + _text, _namesServer));
    }

    private static string Head((string RunId, bool UsesShardedChannels) server)
    {
        var settings = new QueueSettings();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            local MAX_MOVED, MAX_EXPIRED, MAX_PURGED, MAX_REPLY_BYTES = {StoreLimits.Moved}, {StoreLimits.Expired}, {StoreLimits.Purged}, {StoreLimits.ReplyBytes}
            local DELIVERIES_PER_REDRIVE, DEFAULT_MAX_RECEIVES, DEFAULT_HISTORY = {HandOuts.PerRedrive}, {settings.MaxReceives}, {settings.History}
            local LOG_LIFE_MS, RECOVERABLE_MS = {StoreLimits.HistoryLife.TotalMilliseconds}, {StoreLimits.Recoverable.TotalMilliseconds}
            local IDS_PER_MS, MAX_LOST_IDS = {StoreLimits.IdsPerMillisecond}, {StoreLimits.MaxLostIds}
            local PUBLISH, SERVER = '{(server.UsesShardedChannels ? "SPUBLISH" : "PUBLISH")}', '{server.RunId}'

            """);
    }

    // Each include once, before the script that names it.
    private static void Append(StringBuilder text, string file, HashSet<string> included)
    {
        var own = Read(file);
        foreach (Match include in Include().Matches(own))
        {
            if (included.Add(include.Groups["file"].Value)) Append(text, include.Groups["file"].Value, included);
        }
        text.Append(own);
    }

    private static string Read(string file)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"The script '{file}' must be embedded in {typeof(RedisScript).Assembly.GetName().Name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^--- @include ""(?<file>[^""]+)""", RegexOptions.Multiline)]
    private static partial Regex Include();
}
