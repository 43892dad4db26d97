using Microsoft.Extensions.Logging;
using RestMq.Redis.Connections;
using RestMq.Redis.Sentinel;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Carries calls to Redis, over one connection or to the primary that Sentinel names. Whatever keeps Redis from doing
/// what was asked comes out as
/// <see cref="RestMqUnavailableException"/>, within <see cref="Patience"/>. A call is sent again only when it is
/// proven that nothing was executed.
/// </summary>
internal sealed partial class RedisConnection : IAsyncDisposable
{
    /// <summary>The message of the exception that callers get.</summary>
    public const string AwayMessage = "The message store is away; try again soon.";

    // Replicas never serve a queue's state: they may be behind.
    private const CommandFlags Flags = CommandFlags.DemandMaster;

    private static readonly TimeSpan ReconfigureEvery = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger;
    private readonly QueueMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly RedisSubscriptions _subscriptions;
    private long _reconfiguredAt;

    public RedisConnection(RedisStoreOptions options, ILogger logger, QueueMetrics metrics, TimeProvider? time = null)
    {
        _logger = logger;
        _metrics = metrics;
        _time = time ?? TimeProvider.System;
        var configuration = RedisSettings.Of(options);
        Source = configuration is { ServiceName.Length: > 0 }
            ? new SentinelSource(configuration, isOurs: options.ConfigurationOptions is null, options.ReplicationTimeout, _time, logger)
            : new DirectSource(options, configuration, logger);
        _subscriptions = new RedisSubscriptions(Source, logger);
    }

    /// <summary>Where the connections come from.</summary>
    public RedisSource Source { get; }

    /// <summary>
    /// How long a call may take, and the making of the connection: <c>asyncTimeout</c> of the connection string, or
    /// 1.25 s.
    /// </summary>
    public TimeSpan Patience => Source.Patience;

    /// <summary>The servers, without a password.</summary>
    public string Description => Source.Description;

    /// <summary>Whether wake-ups go by sharded pub/sub; known once connected, and false until then.</summary>
    public bool UsesShardedChannels => Source.Current?.UsesShardedChannels ?? false;

    /// <summary>Whether the servers are a cluster of which one answers; known once connected.</summary>
    public bool IsCluster =>
        Source.Current?.Multiplexer.GetServers().Any(server => server is { IsConnected: true, ServerType: ServerType.Cluster }) ?? false;

    /// <summary>Whether anybody has subscribed by <see cref="SubscribeAsync"/>.</summary>
    public bool HasSubscriptions => _subscriptions.Any;

    /// <summary>Returns the channel of this name, as the present connection subscribes to it.</summary>
    public RedisChannel Channel(string name) => Source.Current?.Channel(name) ?? RedisChannel.Literal(name);

    /// <summary>Subscribes to the channel of this name, on this connection and on each that follows it.</summary>
    /// <param name="name">The name without what the connection adds.</param>
    /// <param name="onMessage">Gets each message.</param>
    /// <param name="onGap">Told that messages may have been missed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<IAsyncDisposable> SubscribeAsync(
        string name, Action<RedisValue> onMessage, Action onGap, CancellationToken cancellationToken)
    {
        var link = await LinkAsync(cancellationToken).ConfigureAwait(false);
        var adding = _subscriptions.AddAsync(link, name, onMessage, onGap);
        try
        {
            return await adding.WaitAsync(Patience, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (RedisErrors.IsAway(e, link))
        {
            _ = EndAsync(adding);
            throw Unavailable(e);
        }
        catch (OperationCanceledException)
        {
            _ = EndAsync(adding);
            throw;
        }
    }

    // A subscription that came too late is nobody's.
    private static async Task EndAsync(Task<RedisSubscription> adding)
    {
        await Task.WhenAny(adding).ConfigureAwait(false);
        if (adding.IsCompletedSuccessfully) await (await adding.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Runs a script on a queue. Its first argument is the name of the queue's channel, and gets there as this
    /// connection's subscribers hear it.
    /// </summary>
    public ValueTask<RedisResult> EvaluateAsync(
        RedisScripts script, QueueName queue, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken) =>
        EvaluateAsync(script, queue, keys, arguments, RedisIdentity.Any, cancellationToken);

    /// <summary>Runs a script that names the server that is to run it.</summary>
    /// <exception cref="OtherRedisServerException">Another server keeps the keys now; nothing was done
    /// there.</exception>
    public async ValueTask<RedisResult> EvaluateAsync(
        RedisScripts script, QueueName queue, RedisKey[] keys, RedisValue[] arguments, RedisIdentity server, CancellationToken cancellationToken)
    {
        var retries = new Retries(Patience, _time);
        var wake = arguments[0];
        while (true)
        {
            var link = await LinkAsync(cancellationToken).ConfigureAwait(false);
            Exception failure;
            try
            {
                arguments[0] = link.Published(wake);
                var text = script.For(server.RunId, link.UsesShardedChannels);
                var reply = await EvaluateAsync(link, text, keys, arguments, server).ConfigureAwait(false);
                await Source.ConfirmAsync(link).ConfigureAwait(false);
                return Counted(queue, reply);
            }
            catch (Exception e) when (RedisErrors.IsAway(e, link))
            {
                failure = e;
            }
            finally
            {
                arguments[0] = wake;
            }
            await WaitToRetryAsync(failure, link, ref retries, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks the server that keeps a key who it is.</summary>
    public async ValueTask<RedisIdentity> IdentifyAsync(RedisKey key, CancellationToken cancellationToken)
    {
        try
        {
            return RedisIdentity.Parse((string?)await DoAsync(
                c => c.GetDatabase().ScriptEvaluateAsync(RedisIdentity.IdentifyScript, [key], flags: Flags), cancellationToken).ConfigureAwait(false));
        }
        catch (RedisServerException)
        {
            // An ACL, or a managed server, may refuse INFO.
            return RedisIdentity.Parse(null);
        }
    }

    /// <summary>
    /// Does one thing with the connection. It is done again when it is proven that nothing was executed.
    /// </summary>
    public async ValueTask<T> DoAsync<T>(Func<IConnectionMultiplexer, Task<T>> action, CancellationToken cancellationToken)
    {
        var retries = new Retries(Patience, _time);
        while (true)
        {
            var link = await LinkAsync(cancellationToken).ConfigureAwait(false);
            Exception failure;
            try
            {
                var result = await action(link.Multiplexer).WaitAsync(Patience, CancellationToken.None).ConfigureAwait(false);
                await Source.ConfirmAsync(link).ConfigureAwait(false);
                return result;
            }
            catch (Exception e) when (RedisErrors.IsAway(e, link))
            {
                failure = e;
            }
            await WaitToRetryAsync(failure, link, ref retries, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Returns a second connection to the same primary, for a call that blocks its connection (<c>WAIT</c>): no other
    /// call waits behind it there. It is opened at first use, and closed when another primary takes over. Where the
    /// application makes the connections, it gives this one by
    /// <see cref="RedisStoreOptions.BlockingConnectionFactory"/>.
    /// </summary>
    public async ValueTask<IConnectionMultiplexer> BlockingConnectionAsync(CancellationToken cancellationToken)
    {
        var link = await LinkAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await link.BlockingAsync(cancellationToken).WaitAsync(Patience, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (RedisErrors.IsAway(e, link))
        {
            throw Unavailable(e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _subscriptions.DisposeAsync().ConfigureAwait(false);
        await Source.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<RedisResult> EvaluateAsync(RedisLink link, RedisScript script, RedisKey[] keys, RedisValue[] arguments, RedisIdentity server)
    {
        var redis = link.Multiplexer.GetDatabase();
        if (!server.IsFresh)
        {
            try
            {
                return await InTimeAsync(redis.ScriptEvaluateAsync(script.Hash, keys, arguments, Flags)).ConfigureAwait(false);
            }
            catch (RedisServerException e) when (RedisErrors.IsUnknownScript(e))
            {
                // The first time, and again on a server that has been restarted.
                if (script.NamesServer) throw new OtherRedisServerException(e);
            }
        }
        return await InTimeAsync(redis.ScriptEvaluateAsync(script.Text, keys, arguments, Flags)).ConfigureAwait(false);
    }

    // What went on the way stands before a reply, as includes/queue.lua says, and never in an ordinary one.
    private RedisResult Counted(QueueName queue, RedisResult reply)
    {
        if (reply.Length != 4 || reply[0].Resp2Type != ResultType.SimpleString) return reply;
        _metrics.Expired(queue, (long)reply[1]);
        _metrics.Buried(queue, (long)reply[2]);
        return reply[3];
    }

    private Task<RedisResult> InTimeAsync(Task<RedisResult> call) =>
        Source.GivesUpInTime ? call : call.WaitAsync(Patience, CancellationToken.None);

    private ValueTask<RedisLink> LinkAsync(CancellationToken cancellationToken)
    {
        var link = Source.LinkAsync(cancellationToken);
        return link.IsCompletedSuccessfully ? link : new(WaitAsync(link));

        async Task<RedisLink> WaitAsync(ValueTask<RedisLink> link)
        {
            try
            {
                return await link.ConfigureAwait(false);
            }
            catch (Exception e) when (RedisErrors.IsAway(e))
            {
                throw Unavailable(e);
            }
        }
    }

    private Task WaitToRetryAsync(Exception failure, RedisLink link, ref Retries retries, CancellationToken cancellationToken)
    {
        var reason = RedisErrors.ReasonToRetry(failure, link);
        if (!retries.TryNext(reason, out var pause)) return Task.FromException(Unavailable(failure));
        if (reason is RetryReason.NotPrimary or RetryReason.NotRouted) Reconfigure(link);
        return Task.Delay(pause, _time, cancellationToken);
    }

    // The client looks for itself which server is the primary, but not at once.
    private void Reconfigure(RedisLink link)
    {
        var last = Interlocked.Read(ref _reconfiguredAt);
        if (last != 0 && _time.GetElapsedTime(last) < ReconfigureEvery) return;
        if (Interlocked.CompareExchange(ref _reconfiguredAt, _time.GetTimestamp(), last) != last) return;
        _ = ReconfigureAsync(link);
    }

    private async Task ReconfigureAsync(RedisLink link)
    {
        try
        {
            await link.Multiplexer.ConfigureAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            LogAway(_logger, Description, e.Message); // The call that asked for it is tried again, and tells how that ended.
        }
    }

    private RestMqUnavailableException Unavailable(Exception e)
    {
        LogAway(_logger, Description, e.Message);
        return new RestMqUnavailableException(AwayMessage, e);
    }

    [LoggerMessage(3, LogLevel.Debug, "Redis at {Server} did not do what was asked: {Reason}")]
    private static partial void LogAway(ILogger logger, string server, string reason);
}
