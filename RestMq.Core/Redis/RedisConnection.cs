using Microsoft.Extensions.Logging;
using RestMq.Redis.Connections;
using RestMq.Redis.Health;
using RestMq.Redis.Sentinel;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Carries calls to Redis, over one connection or to the primary that Sentinel names. When Redis cannot carry out a
/// call, the call throws <see cref="RestMqUnavailableException"/> within <see cref="CallTimeout"/>. A call is sent again
/// only when it is proven that nothing was executed.
/// </summary>
internal sealed partial class RedisConnection : IAsyncDisposable
{
    /// <summary>Holds the message of the exception that callers get.</summary>
    public const string AwayMessage = "The message store is away. Try again soon.";

    // Replicas never serve the state of a queue, because they may be behind the primary.
    private const CommandFlags Flags = CommandFlags.DemandMaster;

    private static readonly TimeSpan ReconfigureEvery = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger;
    private readonly QueueMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly RedisSubscriptions _subscriptions;
    private readonly RedisRights _rights;
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
        _rights = new RedisRights(options.KeyPrefix, configuration is null ? null : configuration.User ?? "default", logger);
    }

    /// <summary>Occurs when Redis refuses a call because a right is missing.</summary>
    public event Action? Refused;

    /// <summary>Gets the source of the connections.</summary>
    public RedisSource Source { get; }

    /// <summary>
    /// Gets the time limit of a call, and of opening the connection: <c>asyncTimeout</c> of the connection string, or
    /// 1.25 s.
    /// </summary>
    public TimeSpan CallTimeout => Source.CallTimeout;

    /// <summary>Gets the addresses of the servers, without a password.</summary>
    public string Description => Source.Description;

    /// <summary>Gets whether wake-ups use sharded pub/sub. It is false until a server is connected.</summary>
    public bool UsesShardedChannels => Source.Current?.UsesShardedChannels ?? false;

    /// <summary>Gets whether the servers are a cluster, one of which is connected.</summary>
    public bool IsCluster =>
        Source.Current?.Multiplexer.GetServers().Any(server => server is { IsConnected: true, ServerType: ServerType.Cluster }) ?? false;

    /// <summary>Gets whether there are subscriptions by <see cref="SubscribeAsync"/>.</summary>
    public bool HasSubscriptions => _subscriptions.Any;

    /// <summary>Returns the channel of this name, in the form to which the present connection subscribes.</summary>
    public RedisChannel Channel(string name) => Source.Current?.Channel(name) ?? RedisChannel.Literal(name);

    /// <summary>Subscribes to the channel of this name, on the present connection and on each later one.</summary>
    /// <param name="name">The name without the prefix and the suffix of the connection.</param>
    /// <param name="onMessage">Receives each message.</param>
    /// <param name="onGap">Called when messages may have been missed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<IAsyncDisposable> SubscribeAsync(
        string name, Action<RedisValue> onMessage, Action onGap, CancellationToken cancellationToken)
    {
        var link = await LinkAsync(cancellationToken).ConfigureAwait(false);
        var adding = _subscriptions.AddAsync(link, name, onMessage, onGap);
        try
        {
            return await adding.WaitAsync(CallTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (RedisErrors.IsAway(e, link))
        {
            _ = EndAsync(adding);
            throw await UnavailableAsync(e, link).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = EndAsync(adding);
            throw;
        }
    }

    // Ends a subscription that completes after its caller has given up.
    private static async Task EndAsync(Task<RedisSubscription> adding)
    {
        await Task.WhenAny(adding).ConfigureAwait(false);
        if (adding.IsCompletedSuccessfully) await (await adding.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Runs a script on a queue. The first argument must be the name of the queue's channel. The script gets it in the
    /// form that the subscribers of this connection hear.
    /// </summary>
    public ValueTask<RedisResult> EvaluateAsync(
        RedisScripts script, QueueName queue, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken) =>
        EvaluateAsync(script, queue, keys, arguments, RedisIdentity.Any, cancellationToken);

    /// <summary>Runs a script that contains the identity of the server that must run it.</summary>
    /// <exception cref="OtherRedisServerException">Another server keeps the keys now. That server has changed
    /// nothing.</exception>
    public async ValueTask<RedisResult> EvaluateAsync(
        RedisScripts script, QueueName queue, RedisKey[] keys, RedisValue[] arguments, RedisIdentity server, CancellationToken cancellationToken)
    {
        var retries = new Retries(CallTimeout, _time);
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

    /// <summary>Returns the identity of the server that keeps a key.</summary>
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
    /// Runs an action on the connection. Repeats the action when it is proven that nothing was executed.
    /// </summary>
    public async ValueTask<T> DoAsync<T>(Func<IConnectionMultiplexer, Task<T>> action, CancellationToken cancellationToken)
    {
        var retries = new Retries(CallTimeout, _time);
        while (true)
        {
            var link = await LinkAsync(cancellationToken).ConfigureAwait(false);
            Exception failure;
            try
            {
                var result = await action(link.Multiplexer).WaitAsync(CallTimeout, CancellationToken.None).ConfigureAwait(false);
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
    /// Returns a second connection to the same primary, for a call that blocks its connection (<c>WAIT</c>), so that no
    /// other call waits behind it. The connection is opened at first use, and closed when another primary takes over.
    /// When the application makes the connections, it provides this one by
    /// <see cref="RedisStoreOptions.BlockingConnectionFactory"/>.
    /// </summary>
    public async ValueTask<IConnectionMultiplexer> BlockingConnectionAsync(CancellationToken cancellationToken)
    {
        var link = await LinkAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await link.BlockingAsync(cancellationToken).WaitAsync(CallTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (RedisErrors.IsAway(e, link))
        {
            throw await UnavailableAsync(e, link).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Returns a sentence that names the rights that the Redis user of this host lacks, or null when it lacks none.
    /// </summary>
    public async ValueTask<string?> FindMissingRightsAsync(CancellationToken cancellationToken)
    {
        var link = await LinkAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await _rights.FindMissingAsync(link).WaitAsync(2 * CallTimeout, cancellationToken).ConfigureAwait(false);
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
                // Redis knows no script before its first call, and forgets all scripts at a restart.
                if (script.NamesServer) throw new OtherRedisServerException(e);
            }
        }
        return await InTimeAsync(redis.ScriptEvaluateAsync(script.Text, keys, arguments, Flags)).ConfigureAwait(false);
    }

    // Counts the messages that expired or were buried during a script. Then the reply is a list of four: a status, both
    // counts and the actual reply (`queue.reply` in includes/queue.lua). No other reply has this form.
    private RedisResult Counted(QueueName queue, RedisResult reply)
    {
        if (reply.Length != 4 || reply[0].Resp2Type != ResultType.SimpleString) return reply;
        _metrics.Expired(queue, (long)reply[1]);
        _metrics.Buried(queue, (long)reply[2]);
        return reply[3];
    }

    private Task<RedisResult> InTimeAsync(Task<RedisResult> call) =>
        Source.GivesUpInTime ? call : call.WaitAsync(CallTimeout, CancellationToken.None);

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
        if (!retries.TryNext(reason, out var pause)) return FailAsync();
        if (reason is RetryReason.NotPrimary or RetryReason.NotRouted) Reconfigure(link);
        return Task.Delay(pause, _time, cancellationToken);

        async Task FailAsync() => throw await UnavailableAsync(failure, link).ConfigureAwait(false);
    }

    // A refusal does not name all that is missing, and in a script not even the command. So the rights are looked up.
    private async ValueTask<RestMqUnavailableException> UnavailableAsync(Exception e, RedisLink link)
    {
        if (RedisErrors.RefusalIn(e) is null) return Unavailable(e);
        Refused?.Invoke();
        string? missing = null;
        try
        {
            missing = await _rights.FindMissingAsync(link).WaitAsync(CallTimeout).ConfigureAwait(false);
        }
        catch (Exception other) when (RedisErrors.IsAway(other, link))
        {
            LogAway(_logger, Description, other.Message); // The refusal itself is reported.
        }
        return new RestMqStoreRefusedException(missing ?? _rights.Tell(e, link), e);
    }

    // Makes StackExchange.Redis look for the primary now. By itself it looks too, but not at once.
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
            // The call that needed the primary is sent again, and reports its own outcome.
            LogAway(_logger, Description, e.Message);
        }
    }

    private RestMqUnavailableException Unavailable(Exception e)
    {
        LogAway(_logger, Description, e.Message);
        return new RestMqUnavailableException(AwayMessage, e);
    }

    [LoggerMessage(3, LogLevel.Debug, "A call to Redis at {Server} failed: {Reason}")]
    private static partial void LogAway(ILogger logger, string server, string reason);
}
