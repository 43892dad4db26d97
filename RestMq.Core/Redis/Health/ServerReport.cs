using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace RestMq.Redis.Health;

/// <summary>Holds the settings and the state that one primary reports.</summary>
internal sealed class ServerReport
{
    public const string Unknown = "unknown";

    /// <summary>Holds the names of the facts in a health report.</summary>
    public static readonly string[] Facts = ["version", "maxmemory_policy", "aof", "appendfsync", "min_replicas_to_write"];

    private readonly Dictionary<string, string> _values;
    private readonly Dictionary<string, string> _info;

    private ServerReport(Dictionary<string, string> values, Dictionary<string, string> info) => (_values, _info) = (values, info);

    public string this[string fact] => _values[fact];

    /// <summary>Gets the addresses of the replicas of the server.</summary>
    public IEnumerable<EndPoint> Replicas => _info
        .Where(line => line.Key.StartsWith("slave", StringComparison.Ordinal) && line.Value.StartsWith("ip=", StringComparison.Ordinal))
        .Select(line => AddressOf(line.Value)).OfType<EndPoint>();

    private int ReplicaCount =>
        int.TryParse(_info.GetValueOrDefault("connected_slaves"), CultureInfo.InvariantCulture, out var count) ? count : 0;

    /// <summary>Returns the reports of all primaries that are connected.</summary>
    public static async Task<ServerReport[]> OfPrimariesAsync(IConnectionMultiplexer connection) =>
        await Task.WhenAll(connection.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }).Select(AskAsync))
            .ConfigureAwait(false);

    /// <summary>Returns a sentence for each setting that may lose messages.</summary>
    public IEnumerable<string> Warnings(bool hasSentinel)
    {
        if (this["maxmemory_policy"] is not ("noeviction" or Unknown) and var policy)
        {
            yield return $"maxmemory-policy is {policy}, so Redis deletes messages when its memory is full. "
                + "Set noeviction, which refuses new messages instead.";
        }
        if (this["aof"] == "off")
        {
            yield return "the append-only file is off, so Redis loses all messages since its last snapshot when it "
                + "ends. Set appendonly yes.";
        }
        else if (this["appendfsync"] == "no")
        {
            yield return "appendfsync is no, so a crash of the machine loses messages that are not on disk yet. "
                + "Set everysec or always.";
        }
        if (this["min_replicas_to_write"] == "0" && (hasSentinel || ReplicaCount > 0))
        {
            yield return "min-replicas-to-write is 0, so a primary that is cut off from its replicas takes messages "
                + "that the failover loses. Set it to 1 on every server.";
        }
    }

    private static async Task<ServerReport> AskAsync(IServer server)
    {
        // INFO runs in a script, because StackExchange.Redis allows INFO and CONFIG only in its admin mode. The
        // application's own connection may not be in this mode.
        var info = await AskAsync(
            async () => Parse((string?)await server.ExecuteAsync("EVAL", "return redis.call('INFO')", 0).ConfigureAwait(false)), [])
            .ConfigureAwait(false);
        var values = new Dictionary<string, string>
        {
            ["version"] = info.GetValueOrDefault("valkey_version") ?? info.GetValueOrDefault("redis_version", Unknown),
            ["maxmemory_policy"] = info.GetValueOrDefault("maxmemory_policy", Unknown),
            ["aof"] = info.GetValueOrDefault("aof_enabled") switch { "1" => "on", "0" => "off", _ => Unknown },
            ["appendfsync"] = await SettingAsync(server, "appendfsync").ConfigureAwait(false) ?? Unknown,
            // INFO contains min_slaves_good_slaves only when min-replicas-to-write is not 0.
            ["min_replicas_to_write"] = await SettingAsync(server, "min-replicas-to-write").ConfigureAwait(false)
                ?? (info.ContainsKey("connected_slaves") && !info.ContainsKey("min_slaves_good_slaves") ? "0" : Unknown),
        };
        return new ServerReport(values, info);
    }

    private static Task<string?> SettingAsync(IServer server, string name) =>
        AskAsync(async () => (string?)(await server.ExecuteAsync("CONFIG", "GET", name).ConfigureAwait(false))[1], null);

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask, T otherwise)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisServerException or RedisCommandException or IndexOutOfRangeException)
        {
            return otherwise;
        }
    }

    private static Dictionary<string, string> Parse(string? info) => (info ?? "").Split("\r\n")
        .Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2)
        .DistinctBy(parts => parts[0]).ToDictionary(parts => parts[0], parts => parts[1]);

    // ip=127.0.0.1,port=6380,state=online,offset=…
    private static EndPoint? AddressOf(string replica)
    {
        var fields = replica.Split(',').Select(part => part.Split('=', 2)).Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => parts[1]);
        if (!fields.TryGetValue("ip", out var host)) return null;
        if (!int.TryParse(fields.GetValueOrDefault("port"), CultureInfo.InvariantCulture, out var port)) return null;
        return IPAddress.TryParse(host, out var ip) ? new IPEndPoint(ip, port) : new DnsEndPoint(host, port);
    }
}
