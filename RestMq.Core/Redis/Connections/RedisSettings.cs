using System.Net;
using StackExchange.Redis;

namespace RestMq.Redis.Connections;

/// <summary>Creates the settings of connections.</summary>
internal static class RedisSettings
{
    /// <summary>Holds the time limit of a call, unless the connection string sets another.</summary>
    /// <remarks>Together with the heartbeat, and some time for a busy machine, a call to a server that hangs fails in
    /// less than two seconds.</remarks>
    public static readonly TimeSpan DefaultCallTimeout = TimeSpan.FromSeconds(1.25);

    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Returns the settings that the options give, or null when the application makes the connection.
    /// </summary>
    public static ConfigurationOptions? Of(RedisStoreOptions options)
    {
        if (options.ConnectionFactory is not null) return null;
        if (options.ConfigurationOptions is { } given) return given;
        var text = RedisConnectionString.Read(options.Configuration ?? "");
        // The options were validated at start. A store that is made without validation gets the same sentence.
        if (text.Mistakes.Count > 0) throw new FormatException($"{options.ConfigurationPlace}: {string.Join(' ', text.Mistakes)}");
        var configuration = text.Options;
        configuration.AbortOnConnectFail = false; // Waits for a server that is not up yet.
        configuration.BacklogPolicy = BacklogPolicy.FailFast; // Calls do not queue for a server that is away.
        configuration.HeartbeatInterval = Heartbeat;
        if (!text.Names("asyncTimeout")) configuration.AsyncTimeout = (int)DefaultCallTimeout.TotalMilliseconds;
        if (!text.Names("connectTimeout")) configuration.ConnectTimeout = configuration.AsyncTimeout;
        // StackExchange.Redis uses this key and this channel only where an application appoints primaries by hand. An
        // ACL that allows only the keys of this store would refuse them.
        if (!text.Names("tiebreaker")) configuration.TieBreaker = "";
        if (!text.Names("configChannel")) configuration.ConfigurationChannel = "";
        configuration.AllowAdmin = true; // Allows CONFIG, which reads appendfsync for the health report.
        configuration.ClientName ??= "RestMq";
        return configuration;
    }

    /// <summary>Returns the settings of a connection to this server alone, which looks for no other servers.</summary>
    public static ConfigurationOptions For(this ConfigurationOptions configuration, EndPoint server)
    {
        var one = configuration.Clone();
        one.EndPoints.Clear();
        one.EndPoints.Add(server);
        one.ServiceName = null;
        one.TieBreaker = "";
        one.ConfigurationChannel = "";
        one.AbortOnConnectFail = false;
        return one;
    }

    /// <summary>
    /// Returns whether there can be a second connection that a command may block. The application's factory may return
    /// the connection for calls again, so the application must provide a separate factory.
    /// </summary>
    public static bool AllowsBlocking(RedisStoreOptions options) => options.ConnectionFactory is null || options.BlockingConnectionFactory is not null;

    /// <summary>Returns the settings of a connection that a command may block for this time.</summary>
    public static ConfigurationOptions ForBlocking(this ConfigurationOptions configuration, TimeSpan time)
    {
        var blocking = configuration.Clone();
        blocking.ClientName = $"{configuration.ClientName ?? "RestMq"}-wait";
        blocking.AsyncTimeout = (int)(time + DefaultCallTimeout).TotalMilliseconds; // Plus the way to the server and back.
        return blocking;
    }

    /// <summary>Returns the settings of a connection to this sentinel.</summary>
    public static ConfigurationOptions ForSentinel(this ConfigurationOptions configuration, EndPoint sentinel, TimeSpan callTimeout)
    {
        var one = configuration.For(sentinel);
        one.CommandMap = CommandMap.Sentinel;
        // Sentinels have users of their own. Without credentials for them, those of the servers are used.
        if (configuration.SentinelPassword is { } password) (one.User, one.Password) = (configuration.SentinelUser, password);
        one.DefaultDatabase = null;
        one.ChannelPrefix = default;
        one.BacklogPolicy = BacklogPolicy.FailFast;
        one.HeartbeatInterval = Heartbeat;
        one.AsyncTimeout = (int)callTimeout.TotalMilliseconds;
        one.ConnectTimeout = (int)(2 * callTimeout).TotalMilliseconds;
        one.ReconnectRetryPolicy = new LinearRetry(100);
        return one;
    }

    /// <summary>
    /// Returns the channel prefix of the application's own connection. Only its connection string contains the prefix.
    /// The string is searched and not parsed, because it may hold a password with commas.
    /// </summary>
    public static string ChannelPrefixOf(IConnectionMultiplexer connection) => Option(connection, "channelPrefix") ?? "";

    /// <summary>Returns whether the application's own connection follows Sentinel by itself.</summary>
    public static bool FollowsSentinelItself(IConnectionMultiplexer connection) => Option(connection, "serviceName") is { Length: > 0 };

    /// <summary>Returns the address of a server as <c>host:port</c>.</summary>
    public static string NameOf(EndPoint? endPoint) => endPoint is DnsEndPoint dns ? $"{dns.Host}:{dns.Port}" : $"{endPoint}";

    private static string? Option(IConnectionMultiplexer connection, string name) => (connection.Configuration ?? "").Split(',')
        .LastOrDefault(part => part.StartsWith(name + "=", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..];
}
