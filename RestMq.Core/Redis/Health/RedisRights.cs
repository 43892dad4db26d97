using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using RestMq.Redis.Connections;
using StackExchange.Redis;

namespace RestMq.Redis.Health;

/// <summary>
/// Finds the rights that the Redis user of this host lacks (ACL). A script whose command is refused midway has done the
/// commands before it, and could lose messages. So the rights are checked before the first call on each connection, and
/// calls are refused while one is missing.
/// </summary>
internal sealed partial class RedisRights(string prefix, string? user, ILogger logger)
{
    /// <summary>
    /// Holds the commands that scripts run, each with arguments that change nothing: the key of a check does not exist,
    /// and Redis checks rights before it finds a wrong argument. <c>k</c> is the key, and <c>c</c> the channel.
    /// </summary>
    internal static readonly (string Command, string Arguments)[] InScripts =
    [
        ("DEL", "k"), ("EXISTS", "k"), ("GET", "k"), ("HDEL", "k, 'f'"), ("HEXISTS", "k, 'f'"), ("HGET", "k, 'f'"), ("HINCRBY", "k, 'f', 'x'"),
        ("HLEN", "k"), ("HMGET", "k, 'f'"), ("HSET", "k, 'f', 'v', 'x'"), ("PERSIST", "k"), ("PEXPIRE", "k, 1"), ("PTTL", "k"), ("SET", "k, 'v', 'XX'"),
        ("TIME", ""), ("UNLINK", "k"), ("XADD", "k, 'NOMKSTREAM', '*', 'f', 'v'"), ("XDEL", "k, '1-1'"), ("XLEN", "k"), ("XRANGE", "k, '-', '+', 'COUNT', 1"),
        ("XREVRANGE", "k, '+', '-', 'COUNT', 1"), ("XTRIM", "k, 'MAXLEN', 0"), ("ZADD", "k, 'x', 'm'"), ("ZCARD", "k"), ("ZRANGE", "k, 0, 0"),
        ("ZRANGEBYSCORE", "k, 0, 0"), ("ZREM", "k, 'm'"), ("ZREVRANGE", "k, 0, 0"), ("ZREVRANGEBYSCORE", "k, 0, 0"), ("ZSCORE", "k, 'm'"),
    ];

    /// <summary>Holds further commands that a host sends, in the same form.</summary>
    internal static readonly (string Command, string Arguments)[] Direct = [("ECHO", "'x'"), ("PING", ""), ("TYPE", "k"), ("ZRANGEBYLEX", "k, '-', '+', 'LIMIT', 0, 1")];

    /// <summary>Holds the commands of the connection itself, which no script can check.</summary>
    internal static readonly string[] OfConnection = ["EVAL", "EVALSHA", "SUBSCRIBE", "UNSUBSCRIBE"];

    private static readonly TimeSpan SubscriptionPatience = TimeSpan.FromMilliseconds(500);

    private string? _logged;

    /// <summary>Returns the rights that a host needs on a server that is no cluster, for the documentation.</summary>
    public static string SetUser(string prefix) =>
        $"ACL SETUSER restmq on >password resetkeys ~{prefix}* resetchannels &{prefix}* -@all "
        + string.Join(' ', InScripts.Concat(Direct).Select(one => one.Command).Concat(OfConnection).Append("PUBLISH").Order(StringComparer.Ordinal).Select(name => $"+{name.ToLowerInvariant()}"));

    /// <summary>
    /// Returns a sentence that names the missing rights, and logs it once. Returns null when no right is missing. A shard
    /// of a cluster that does not answer shows no rights. Without a cluster, the failure of the server is thrown.
    /// </summary>
    public async Task<string?> FindMissingAsync(RedisLink link)
    {
        var missing = new Missing();
        var keys = await KeysAsync(link).ConfigureAwait(false);
        foreach (var key in keys)
        {
            await FindAsync(missing, () => CheckScriptsAsync(link, key, missing), tolerant: keys.Length > 1).ConfigureAwait(false);
            await FindAsync(missing, async () =>
            {
                // The hash of no script. A server that lets this user run scripts by hash answers NOSCRIPT.
                await link.Multiplexer.GetDatabase().ScriptEvaluateAsync(new byte[20], [key], [], CommandFlags.DemandMaster).ConfigureAwait(false);
            }).ConfigureAwait(false);
        }
        await FindAsync(missing, () => CheckSubscriptionAsync(link)).ConfigureAwait(false);
        return missing.IsEmpty ? null : Tell(missing, link);
    }

    /// <summary>Returns a sentence that names the right that a failure shows to be missing, and logs it once.</summary>
    public string Tell(Exception failure, RedisLink? link)
    {
        var missing = new Missing();
        missing.Add(RedisErrors.RefusalIn(failure) ?? "");
        return Tell(missing, link);
    }

    private string Tell(Missing missing, RedisLink? link)
    {
        var told = missing.Sentence(user ?? UserOf(link), prefix);
        if (Interlocked.Exchange(ref _logged, told) != told) LogMissing(logger, told);
        return told;
    }

    private static string UserOf(RedisLink? link) =>
        link is not null && ConfiguredUser().Match(link.Multiplexer.Configuration ?? "") is { Success: true } found ? found.Groups[1].Value : "default";

    // A key in each shard of a cluster, because each server has an ACL of its own.
    private async Task<RedisKey[]> KeysAsync(RedisLink link)
    {
        if (!link.Multiplexer.GetServers().Any(server => server is { IsConnected: true, ServerType: ServerType.Cluster })) return [$"{prefix}{{check}}:rights"];
        return await ClusterMap.ReadAsync(link.Multiplexer).ConfigureAwait(false) is not { } cluster ? []
            : [.. cluster.Primaries.Select(shard => shard.KeyOf(link.Multiplexer, prefix + "check"))];
    }

    private static async Task FindAsync(Missing missing, Func<Task> check, bool tolerant = true)
    {
        try
        {
            await check().ConfigureAwait(false);
        }
        catch (Exception e) when (RedisErrors.RefusalIn(e) is { } refusal)
        {
            missing.Add(refusal);
        }
        catch (Exception e) when (tolerant && e is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException)
        {
            // A server that does not answer shows no rights. The call itself then fails, and says why.
        }
    }

    private static async Task CheckScriptsAsync(RedisLink link, RedisKey key, Missing missing)
    {
        var reply = (RedisResult[]?)await link.Multiplexer.GetDatabase().ScriptEvaluateAsync(
            link.UsesShardedChannels ? Sharded : Classic, [key], [link.Published((string)key!)], CommandFlags.DemandMaster).ConfigureAwait(false) ?? [];
        for (var i = 0; i + 1 < reply.Length; i += 2) missing.Add((string)reply[i + 1]!, (string)reply[i]!);
    }

    private async Task CheckSubscriptionAsync(RedisLink link)
    {
        var subscriber = link.Multiplexer.GetSubscriber();
        var channel = link.Channel($"{prefix}{{check}}:rights");
        var start = Stopwatch.GetTimestamp();
        // Wake-ups have a connection of their own, which may be up a moment later.
        while (!subscriber.IsConnected(channel) && Stopwatch.GetElapsedTime(start) < SubscriptionPatience)
            await Task.Delay(TimeSpan.FromMilliseconds(5)).ConfigureAwait(false);
        if (!subscriber.IsConnected(channel)) return;
        Action<RedisChannel, RedisValue> ignore = static (_, _) => { };
        try
        {
            await subscriber.SubscribeAsync(channel, ignore).ConfigureAwait(false);
        }
        finally
        {
            await subscriber.UnsubscribeAsync(channel, ignore).ConfigureAwait(false);
        }
    }

    private static readonly string Classic = Script("PUBLISH");

    private static readonly string Sharded = Script("SPUBLISH");

    // Returns the command and the error of each refused command.
    private static string Script(string publish)
    {
        var script = new StringBuilder(
            """
            local k, c, refused = KEYS[1], ARGV[1], {}
            local function try(...)
              local reply = redis.pcall(...)
              local error = type(reply) == 'table' and reply.err
              if error and (error:find('NOPERM', 1, true) or error:find('The user executing the script', 1, true) or error:find('ACL failure', 1, true)) then
                refused[#refused + 1], refused[#refused + 2] = (...), error
              end
            end

            """);
        foreach (var (command, arguments) in InScripts.Concat(Direct).Append((publish, "c, ''")))
            script.Append("try('").Append(command).Append('\'').Append(arguments.Length > 0 ? ", " : "").Append(arguments).Append(")\n");
        return script.Append("return refused").ToString();
    }

    [GeneratedRegex("(?:^|,)user=([^,]+)", RegexOptions.IgnoreCase)]
    private static partial Regex ConfiguredUser();

    [LoggerMessage(37, LogLevel.Error, "Redis refuses this host, so requests get 503: {Rights}")]
    private static partial void LogMissing(ILogger logger, string rights);

    /// <summary>Collects the rights that are missing.</summary>
    private sealed partial class Missing
    {
        private readonly SortedSet<string> _commands = new(StringComparer.Ordinal);
        private readonly SortedSet<string> _onKeys = new(StringComparer.Ordinal);
        private readonly SortedSet<string> _onChannels = new(StringComparer.Ordinal);

        public bool IsEmpty => _commands.Count + _onKeys.Count + _onChannels.Count == 0;

        /// <summary>Adds what a refusal says.</summary>
        /// <param name="refusal">The error of Redis.</param>
        /// <param name="command">The command, where the error does not name it.</param>
        public void Add(string refusal, string? command = null)
        {
            command ??= NamedCommand().Match(refusal) is { Success: true } named ? named.Groups[1].Value.ToUpperInvariant() : null;
            // The order matters: the name of a user may contain any of these words.
            if (refusal.Contains("to run", StringComparison.Ordinal) || refusal.Contains("can't run", StringComparison.Ordinal)) _commands.Add(command ?? "a command");
            else if (refusal.Contains("channel", StringComparison.Ordinal)) _onChannels.Add(command ?? "SUBSCRIBE");
            else _onKeys.Add(command ?? "EVAL");
        }

        public string Sentence(string user, string prefix)
        {
            var (rights, line) = (new List<string>(), new List<string>());
            if (_commands.Count > 0)
            {
                rights.Add($"the command{(_commands.Count > 1 ? "s" : "")} {string.Join(", ", _commands)}");
                line.AddRange(_commands.Where(name => name != "a command").Select(name => $"+{name.ToLowerInvariant()}"));
            }
            if (_onKeys.Count > 0)
            {
                rights.Add($"the keys {prefix}* ({string.Join(", ", _onKeys)})");
                line.Add($"~{prefix}*");
            }
            if (_onChannels.Count > 0)
            {
                rights.Add($"the channels {prefix}* ({string.Join(", ", _onChannels)})");
                line.Add($"&{prefix}*");
            }
            return $"the Redis user '{user}' must have {string.Join(" and ", rights)}, but has not. Run on every server: ACL SETUSER {user} {string.Join(' ', line)}";
        }

        [GeneratedRegex("'([A-Za-z|]+)' command")]
        private static partial Regex NamedCommand();
    }
}
