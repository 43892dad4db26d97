using System.Net;
using Microsoft.Extensions.Logging;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// The connection, made at the first call and kept; it heals by itself. Whatever keeps Redis from doing what was asked comes out as
/// <see cref="RestMqUnavailableException"/>, within <see cref="Patience"/>.
/// </summary>
internal sealed partial class RedisConnection(RedisStoreOptions options, ILogger logger, QueueMetrics metrics) : IAsyncDisposable
{
    // With the heartbeat below, and some time for a busy machine, a server that hangs is given up in less than two seconds.
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(1.25);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    // One that is configured here gives up in time by itself; the application's own may be more patient than a caller should be.
    private readonly bool _isOurs = options is { ConnectionFactory: null, ConfigurationOptions: null };
    private readonly ConfigurationOptions? _configuration = options.ConnectionFactory is null ? Configure(options) : null;
    private Task<IConnectionMultiplexer>? _connecting;
    private bool _disposed;
    // Channels are the server's and not a database's, so its number is in their names; and what a connection puts before the names that it
    // subscribes to, it does not put before those that a script publishes to.
    private string _channelPrefix = "";
    private string _channelSuffix = "";

    /// <summary>How long a call may take, and the making of the connection: <c>asyncTimeout</c> of the connection string, or 1.25 s.</summary>
    public TimeSpan Patience => _isOurs ? TimeSpan.FromMilliseconds(_configuration!.AsyncTimeout) : DefaultPatience;

    /// <summary>The servers, without a password.</summary>
    public string Description { get => field ??= _configuration is null ? "redis" : string.Join(',', _configuration.EndPoints.Select(NameOf)); private set; }

    /// <summary>Raised when a lost connection is back: hints may have been missed.</summary>
    public event Action? Restored;

    /// <summary>The channel of this name that is of the connection's database, as its subscribers name it.</summary>
    public async ValueTask<RedisChannel> ChannelAsync(string name, CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken).ConfigureAwait(false);
        return RedisChannel.Literal(name + _channelSuffix);
    }

    /// <summary>Runs a script on a queue. Its first argument is the name of the queue's channel, and gets there as this connection's subscribers hear it.</summary>
    public async ValueTask<RedisResult> EvaluateAsync(
        RedisScript script, QueueName queue, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        if (_channelPrefix.Length + _channelSuffix.Length > 0) arguments[0] = $"{_channelPrefix}{arguments[0]}{_channelSuffix}";
        RedisResult reply;
        try
        {
            reply = await InTimeAsync(connection.GetDatabase().ScriptEvaluateAsync(script.Hash, keys, arguments)).ConfigureAwait(false);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            reply = await LoadAndEvaluateAsync(connection, script, keys, arguments).ConfigureAwait(false);
        }
        catch (Exception e) when (IsAway(e))
        {
            throw Unavailable(e);
        }
        return Counted(queue, reply);
    }

    // What went on the way stands before a reply, as prelude.lua says, and never in an ordinary one.
    private RedisResult Counted(QueueName queue, RedisResult reply)
    {
        if (reply.Length != 4 || reply[0].Resp2Type != ResultType.SimpleString) return reply;
        metrics.Expired(queue, (long)reply[1]);
        metrics.Buried(queue, (long)reply[2]);
        return reply[3];
    }

    // The first time, and again on a server that has been restarted.
    private async Task<RedisResult> LoadAndEvaluateAsync(IConnectionMultiplexer connection, RedisScript script, RedisKey[] keys, RedisValue[] arguments)
    {
        try
        {
            return await InTimeAsync(connection.GetDatabase().ScriptEvaluateAsync(script.Text, keys, arguments)).ConfigureAwait(false);
        }
        catch (Exception e) when (IsAway(e))
        {
            throw Unavailable(e);
        }
    }

    private Task<RedisResult> InTimeAsync(Task<RedisResult> call) => _isOurs ? call : call.WaitAsync(Patience, CancellationToken.None);

    /// <summary>Does one thing with the connection.</summary>
    public async ValueTask<T> DoAsync<T>(Func<IConnectionMultiplexer, Task<T>> action, CancellationToken cancellationToken)
    {
        var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await action(connection).WaitAsync(Patience, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (IsAway(e))
        {
            throw Unavailable(e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<IConnectionMultiplexer>? connecting;
        lock (_lock)
        {
            _disposed = true;
            connecting = _connecting;
        }
        await _closing.CancelAsync().ConfigureAwait(false);
        if (connecting is null) return;
        // An application's own factory may never come back; what it would give is the application's to dispose.
        await Task.WhenAny(connecting, Task.Delay(Patience)).ConfigureAwait(false);
        if (!connecting.IsCompletedSuccessfully) return;
        var connection = await connecting.ConfigureAwait(false);
        connection.ConnectionRestored -= OnRestored;
        connection.ConnectionFailed -= OnFailed;
        if (options.ConnectionFactory is null) await connection.DisposeAsync().ConfigureAwait(false);
    }

    private ValueTask<IConnectionMultiplexer> ConnectAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var connecting = _connecting;
        return connecting is { IsCompletedSuccessfully: true } ? new(connecting) : new(WaitAsync(cancellationToken));
    }

    private async Task<IConnectionMultiplexer> WaitAsync(CancellationToken cancellationToken)
    {
        Task<IConnectionMultiplexer> connecting;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            // A failed attempt is not kept: the next call makes another.
            if (_connecting is null or { IsFaulted: true } or { IsCanceled: true }) _connecting = OpenAsync();
            connecting = _connecting;
        }
        try
        {
            return await connecting.WaitAsync(Patience, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsAway(e))
        {
            throw Unavailable(e);
        }
    }

    private async Task<IConnectionMultiplexer> OpenAsync()
    {
        await Task.Yield(); // Connecting does some of its work before its first await, and the caller holds a lock.
        IConnectionMultiplexer connection = options.ConnectionFactory is { } factory
            ? await AskAsync(factory).ConfigureAwait(false)
            : await ConnectionMultiplexer.ConnectAsync(_configuration!).ConfigureAwait(false);
        connection.ConnectionRestored += OnRestored;
        connection.ConnectionFailed += OnFailed;
        Description = string.Join(',', connection.GetEndPoints().Select(NameOf));
        _channelPrefix = _configuration is null ? ChannelPrefixOf(connection) : (string?)_configuration.ChannelPrefix ?? "";
        _channelSuffix = connection.GetDatabase().Database is not 0 and var database ? $":{database}" : "";
        return connection;
    }

    // Whatever keeps the application from giving its connection, there is none: a later call may have one.
    private async Task<IConnectionMultiplexer> AskAsync(Func<CancellationToken, Task<IConnectionMultiplexer>> factory)
    {
        try
        {
            return await factory(_closing.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (!_closing.IsCancellationRequested)
        {
            throw Unavailable(e);
        }
    }

    private void OnRestored(object? sender, ConnectionFailedEventArgs e)
    {
        LogRestored(logger, NameOf(e.EndPoint), e.ConnectionType);
        Restored?.Invoke();
    }

    private void OnFailed(object? sender, ConnectionFailedEventArgs e) => LogLost(logger, NameOf(e.EndPoint), e.ConnectionType, e.FailureType);

    internal static ConfigurationOptions Configure(RedisStoreOptions options)
    {
        if (options.ConfigurationOptions is { } given) return given;
        var text = options.Configuration ?? "localhost:6379";
        var configuration = StackExchange.Redis.ConfigurationOptions.Parse(text);
        configuration.AbortOnConnectFail = false; // A server that is not up yet is waited for, not given up.
        configuration.BacklogPolicy = BacklogPolicy.FailFast; // A caller is told at once, rather than queued on a server that is away.
        configuration.HeartbeatInterval = Heartbeat;
        if (!Names(text, "asyncTimeout")) configuration.AsyncTimeout = (int)DefaultPatience.TotalMilliseconds;
        if (!Names(text, "connectTimeout")) configuration.ConnectTimeout = configuration.AsyncTimeout;
        configuration.AllowAdmin = true; // To read appendfsync for the health report.
        configuration.ClientName ??= "RestMq";
        return configuration;
    }

    // An application's own connection tells it in its connection string only. That is not parsed, for it may hold a password with commas.
    private static string ChannelPrefixOf(IConnectionMultiplexer connection)
    {
        const string Option = "channelPrefix=";
        return connection.Configuration.Split(',').LastOrDefault(part => part.StartsWith(Option, StringComparison.OrdinalIgnoreCase))?[Option.Length..] ?? "";
    }

    private static bool Names(string text, string option) => text.Contains(option + "=", StringComparison.OrdinalIgnoreCase);

    private static string NameOf(EndPoint? endPoint) => endPoint is DnsEndPoint dns ? $"{dns.Host}:{dns.Port}" : $"{endPoint}";

    /// <summary>Whether the server is away or will not do what every server should: then it is 503, and not our mistake.</summary>
    private static bool IsAway(Exception e) => e switch
    {
        RedisConnectionException or RedisTimeoutException or TimeoutException => true,
        RedisServerException server => Refusals.Any(prefix => server.Message.StartsWith(prefix, StringComparison.Ordinal))
            || Refusals.Any(prefix => server.Message.Contains(": " + prefix, StringComparison.Ordinal) || server.Message.Contains(": -" + prefix, StringComparison.Ordinal)),
        _ => false,
    };

    private static readonly string[] Refusals =
        ["LOADING", "READONLY", "MISCONF", "OOM", "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "NOAUTH", "WRONGPASS", "NOPERM"];

    private RestMqUnavailableException Unavailable(Exception e)
    {
        LogAway(logger, Description, e.Message);
        return new RestMqUnavailableException("The message store is away; try again soon.", e);
    }

    [LoggerMessage(1, LogLevel.Warning, "Redis at {Server} lost a connection ({Connection}): {Failure}")]
    private static partial void LogLost(ILogger logger, string server, ConnectionType connection, ConnectionFailureType failure);

    [LoggerMessage(2, LogLevel.Information, "Redis at {Server} is back ({Connection})")]
    private static partial void LogRestored(ILogger logger, string server, ConnectionType connection);

    [LoggerMessage(3, LogLevel.Debug, "Redis at {Server} did not do what was asked: {Reason}")]
    private static partial void LogAway(ILogger logger, string server, string reason);
}
