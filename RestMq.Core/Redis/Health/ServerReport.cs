using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace RestMq.Redis.Health;

/// <summary>The settings and state that one primary reports.</summary>
internal sealed class ServerReport
{
    public const string Unknown = "unknown";

    /// <summary>The names of what is told in a health report.</summary>
    public static readonly string[] Facts = ["version", "maxmemory_policy", "aof", "appendfsync", "min_replicas_to_write"];

    private readonly Dictionary<string, string> _values;
    private readonly Dictionary<string, string> _info;

    private ServerReport(Dictionary<string, string> values, Dictionary<string, string> info) => (_values, _info) = (values, info);

    public string this[string fact] => _values[fact];

    /// <summary>The replicas of the server.</summary>
    public IEnumerable<EndPoint> Replicas => _info
        .Where(line => line.Key.StartsWith("slave", StringComparison.Ordinal) && line.Value.StartsWith("ip=", StringComparison.Ordinal))
        .Select(line => AddressOf(line.Value)).OfType<EndPoint>();

    private int ReplicaCount =>
        int.TryParse(_info.GetValueOrDefault("connected_slaves"), CultureInfo.InvariantCulture, out var count) ? count : 0;

    /// <summary>Asks every primary that is connected.</summary>
    public static async Task<ServerReport[]> OfPrimariesAsync(IConnectionMultiplexer connection) =>
        await Task.WhenAll(connection.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }).Select(AskAsync))
            .ConfigureAwait(false);

    /// <summary>Returns sentences on what may lose messages.</summary>
    public IEnumerable<string> Warnings(bool hasSentinel)
    {
        if (this["maxmemory_policy"] is not ("noeviction" or Unknown) and var policy)
            yield return $"maxmemory-policy is {policy}, so a Redis whose memory is full drops messages; set noeviction, which refuses new ones instead.";
        if (this["aof"] == "off")
            yield return "the append-only file is off, so a Redis that ends loses what came since its last snapshot; set appendonly yes.";
        else if (this["appendfsync"] == "no")
            yield return "appendfsync is no, so a machine that ends loses what its system had not written to disk; set everysec or always.";
        if (this["min_replicas_to_write"] == "0" && (hasSentinel || ReplicaCount > 0))
        {
            yield return "min-replicas-to-write is 0, so a primary that is cut off from its replicas takes messages that the failover loses; "
                + "set it to 1 on every server.";
        }
    }

    private static async Task<ServerReport> AskAsync(IServer server)
    {
        // By a script: the client keeps INFO, and CONFIG, to connections in its admin mode, in which an
        // application's own need not be.
        var info = await AskAsync(
            async () => Parse((string?)await server.ExecuteAsync("EVAL", "return redis.call('INFO')", 0).ConfigureAwait(false)), [])
            .ConfigureAwait(false);
        var values = new Dictionary<string, string>
        {
            ["version"] = info.GetValueOrDefault("valkey_version") ?? info.GetValueOrDefault("redis_version", Unknown),
            ["maxmemory_policy"] = info.GetValueOrDefault("maxmemory_policy", Unknown),
            ["aof"] = info.GetValueOrDefault("aof_enabled") switch { "1" => "on", "0" => "off", _ => Unknown },
            ["appendfsync"] = await SettingAsync(server, "appendfsync").ConfigureAwait(false) ?? Unknown,
            // INFO has how many replicas are good enough only where some are asked for.
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
