using System.Net;
using StackExchange.Redis;

namespace RestMq.Redis.Connections;

/// <summary>The settings of the connections that are made here.</summary>
internal static class RedisSettings
{
    /// <summary>How long a call may take unless the connection string says otherwise.</summary>
    /// <remarks>With the heartbeat, and some time for a busy machine, a server that hangs is given up in less than
    /// two seconds.</remarks>
    public static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(1.25);

    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(250);

    /// <summary>Returns the settings that the options give; null where the application makes the connection.</summary>
    public static ConfigurationOptions? Of(RedisStoreOptions options)
    {
        if (options.ConnectionFactory is not null) return null;
        if (options.ConfigurationOptions is { } given) return given;
        var text = options.Configuration ?? "localhost:6379";
        var configuration = ConfigurationOptions.Parse(text);
        configuration.AbortOnConnectFail = false; // A server that is not up yet is waited for, not given up.
        configuration.BacklogPolicy = BacklogPolicy.FailFast; // A caller is told at once, rather than queued on a server that is away.
        configuration.HeartbeatInterval = Heartbeat;
        if (!Names(text, "asyncTimeout")) configuration.AsyncTimeout = (int)DefaultPatience.TotalMilliseconds;
        if (!Names(text, "connectTimeout")) configuration.ConnectTimeout = configuration.AsyncTimeout;
        configuration.AllowAdmin = true; // To read appendfsync for the health report.
        configuration.ClientName ??= "RestMq";
        return configuration;
    }

    /// <summary>Returns the settings of a connection to this one server, which looks for no others.</summary>
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
    /// Returns whether there can be a second connection that a command may block. One that the application gives may be
    /// the one for calls, unless it says otherwise.
    /// </summary>
    public static bool AllowsBlocking(RedisStoreOptions options) => options.ConnectionFactory is null || options.BlockingConnectionFactory is not null;

    /// <summary>Returns the settings of a connection that a command blocks for so long.</summary>
    public static ConfigurationOptions ForBlocking(this ConfigurationOptions configuration, TimeSpan time)
    {
        var blocking = configuration.Clone();
        blocking.ClientName = $"{configuration.ClientName ?? "RestMq"}-wait";
        blocking.AsyncTimeout = (int)(time + DefaultPatience).TotalMilliseconds; // With the way to the server and back.
        return blocking;
    }

    /// <summary>Returns the settings of a connection to this sentinel.</summary>
    public static ConfigurationOptions ForSentinel(this ConfigurationOptions configuration, EndPoint sentinel, TimeSpan patience)
    {
        var one = configuration.For(sentinel);
        one.CommandMap = CommandMap.Sentinel;
        one.DefaultDatabase = null;
        one.ChannelPrefix = default;
        one.BacklogPolicy = BacklogPolicy.FailFast;
        one.HeartbeatInterval = Heartbeat;
        one.AsyncTimeout = (int)patience.TotalMilliseconds;
        one.ConnectTimeout = (int)(2 * patience).TotalMilliseconds;
        one.ReconnectRetryPolicy = new LinearRetry(100);
        return one;
    }

    /// <summary>
    /// Returns the prefix of channels of an application's own connection. Only its connection string tells it; that
    /// is not parsed, for it may hold a password with commas.
    /// </summary>
    public static string ChannelPrefixOf(IConnectionMultiplexer connection) => Option(connection, "channelPrefix") ?? "";

    /// <summary>Returns whether an application's own connection follows Sentinel by itself.</summary>
    public static bool FollowsSentinelItself(IConnectionMultiplexer connection) => Option(connection, "serviceName") is { Length: > 0 };

    /// <summary>Returns the address of a server as people write it.</summary>
    public static string NameOf(EndPoint? endPoint) => endPoint is DnsEndPoint dns ? $"{dns.Host}:{dns.Port}" : $"{endPoint}";

    private static string? Option(IConnectionMultiplexer connection, string name) => (connection.Configuration ?? "").Split(',')
        .LastOrDefault(part => part.StartsWith(name + "=", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..];

    private static bool Names(string text, string option) => text.Contains(option + "=", StringComparison.OrdinalIgnoreCase);
}
