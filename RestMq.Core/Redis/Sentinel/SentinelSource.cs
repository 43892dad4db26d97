using System.Net;
using Microsoft.Extensions.Logging;
using RestMq.Redis.Connections;
using StackExchange.Redis;

namespace RestMq.Redis.Sentinel;

/// <summary>
/// Follows the primary that the sentinels name. StackExchange.Redis' own Sentinel support stays with a deposed primary,
/// or returns to it, as long as that server calls itself a primary. Writes to a deposed primary are lost. So each
/// primary gets its own connection, to that server alone. The connection to the previous primary is closed first. Calls
/// use only the connection to the server that a majority of the sentinels has just named.
/// </summary>
internal sealed partial class SentinelSource : RedisSource
{
    /// <summary>
    /// Holds how long a call waits for the end of a failover. A planned failover takes some 1.5 s. During this time,
    /// the old primary must not be written to, and the new primary is not known.
    /// </summary>
    public static readonly TimeSpan FailoverTimeout = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);

    private readonly ConfigurationOptions _configuration;
    private readonly bool _isOurs;
    private readonly TimeSpan _blockingTime;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SentinelMonitor _monitor;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private readonly string _service;
    private TaskCompletionSource _changed = NewSignal();
    private Verdict? _told;
    private Primary? _primary;
    private Task? _following;
    private string? _failure;

    public SentinelSource(ConfigurationOptions configuration, bool isOurs, TimeSpan blockingTime, TimeProvider time, ILogger logger) : base(logger)
    {
        _configuration = configuration.Clone();
        _isOurs = isOurs;
        _blockingTime = blockingTime;
        _time = time;
        _logger = logger;
        _service = $"{configuration.ServiceName} of {string.Join(',', configuration.EndPoints.Select(RedisSettings.NameOf))}";
        _monitor = new SentinelMonitor(_configuration, time, logger);
        _monitor.Changed += OnChanged;
    }

    /// <summary>Gets the monitor, which tells what the sentinels say and which of them are silent.</summary>
    public SentinelMonitor Monitor => _monitor;

    public override TimeSpan CallTimeout => _isOurs ? TimeSpan.FromMilliseconds(_configuration.AsyncTimeout) : RedisSettings.DefaultCallTimeout;

    public override string Description =>
        _primary is { } primary ? $"{RedisSettings.NameOf(primary.Address)} ({_service})" : _service;

    public override bool GivesUpInTime => _isOurs;

    public override ConfigurationOptions? Configuration => _configuration;

    public override RedisLink? Current => _primary?.Link;

    public override ValueTask<RedisLink> LinkAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Trusted() is { } link ? new(link) : new(WaitAsync(cancellationToken));
    }

    // The server may have executed the call after it was deposed, or may lose the writes of the call. So a reply counts
    // only when the server is still the trusted primary.
    public override ValueTask ConfirmAsync(RedisLink link)
    {
        if (_primary is { } primary && primary.Link == link)
        {
            var view = _monitor.View;
            if (view.Trusts(primary.Address, primary.Epoch)) return default;
            // A planned failover was announced. Until the grace ends, the old primary hands over all of its writes.
            if (view.Verdict.Consent is Consent.FailingOver && _time.GetTimestamp() < view.Verdict.GraceUntil) return default;
        }
        return new ValueTask(ConfirmLaterAsync(link));
    }

    public override async ValueTask DisposeAsync()
    {
        Task? following;
        lock (_lock)
        {
            following = _following;
            _following ??= Task.CompletedTask;
        }
        await _closing.CancelAsync().ConfigureAwait(false);
        Signal();
        if (following is not null) await following.ConfigureAwait(false);
        await _monitor.DisposeAsync().ConfigureAwait(false);
    }

    private RedisLink? Trusted() => _primary is { } primary && _monitor.View.Trusts(primary.Address, primary.Epoch) ? primary.Link : null;

    private async Task ConfirmLaterAsync(RedisLink link)
    {
        RedisLink? trusted = null;
        try
        {
            // A closed link is never opened again.
            if (!link.IsClosed) trusted = await WaitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RestMqUnavailableException or ObjectDisposedException)
        {
            throw Unavailable($"the reply came from a server that is no longer trusted: {(e.InnerException ?? e).Message}");
        }
        if (trusted != link)
            throw Unavailable("a failover began before it was known that the new primary has the writes of the call.");
    }

    private async Task<RedisLink> WaitAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
            _following ??= Task.Run(FollowAsync);
        }
        var (start, limit) = (_time.GetTimestamp(), CallTimeout);
        while (true)
        {
            var changed = Volatile.Read(ref _changed).Task; // Read before the verdict, so that no change is missed.
            if (Trusted() is { } link) return link;
            ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
            // A call that waits for the end of a failover waits for the connection to the new primary too.
            var unsettled = _monitor.View.Verdict.Consent is Consent.FailingOver or Consent.Disagree;
            if (unsettled && FailoverTimeout > limit) limit = FailoverTimeout;
            var left = limit - _time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero) throw Unavailable();
            try
            {
                await changed.WaitAsync(left, _time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // The next round finds a longer limit, or throws.
            }
        }
    }

    private RestMqUnavailableException Unavailable()
    {
        var verdict = _monitor.View.Verdict;
        if (verdict.Consent is not Consent.Named) return Unavailable(verdict.Reason);
        return Unavailable($"{RedisSettings.NameOf(verdict.Primary)}, which the sentinels name, cannot be used: {_failure ?? "it does not answer yet."}");
    }

    private static RestMqUnavailableException Unavailable(string reason) => new(RedisConnection.AwayMessage, new SentinelException(reason));

    private async Task FollowAsync()
    {
        _monitor.Start();
        while (true)
        {
            // Read before the rest, so that no signal is missed, also not that of DisposeAsync.
            var changed = Volatile.Read(ref _changed).Task;
            if (_closing.IsCancellationRequested) break;
            var verdict = _monitor.View.Verdict;
            if (verdict is not { Consent: Consent.Named, Primary: { } named } || _primary is { } primary && primary.Is(named, verdict.Epoch))
            {
                await changed.ConfigureAwait(false);
                continue;
            }
            await CloseAsync().ConfigureAwait(false);
            if (!await TryOpenAsync(named, verdict.Epoch).ConfigureAwait(false))
                await Task.Delay(Again, _time, CancellationToken.None).ConfigureAwait(false);
        }
        await CloseAsync().ConfigureAwait(false);
    }

    private async Task CloseAsync()
    {
        if (_primary is not { } primary) return;
        Volatile.Write(ref _primary, null);
        if (!_closing.IsCancellationRequested) LogLeft(_logger, RedisSettings.NameOf(primary.Address));
        Unwatch(primary.Link.Multiplexer);
        await primary.Link.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<bool> TryOpenAsync(EndPoint address, long epoch)
    {
        _failure = null; // It may be that of the server before.
        using var wanted = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        var opening = OpenAsync(address, wanted.Token);
        // Stops waiting for a server that may have just died when the sentinels name another one.
        while (!opening.IsCompleted && !_closing.IsCancellationRequested)
        {
            var changed = Volatile.Read(ref _changed).Task;
            if (_monitor.View.Verdict is { Consent: Consent.Named, Primary: var now } && !address.Equals(now)) break;
            await Task.WhenAny(opening, changed).ConfigureAwait(false);
        }
        await wanted.CancelAsync().ConfigureAwait(false);
        try
        {
            var link = await opening.ConfigureAwait(false);
            Watch(link.Multiplexer);
            _failure = null;
            Volatile.Write(ref _primary, new Primary(address, epoch, link));
            LogFollowed(_logger, RedisSettings.NameOf(address), epoch);
            Signal();
            RaiseRestored();
            return true;
        }
        catch (OperationCanceledException)
        {
            return false; // The sentinels name another server, or the source is disposed.
        }
        catch (Exception e) when (e is RedisException or TimeoutException or SentinelException)
        {
            _failure = e.Message;
            LogRefused(_logger, RedisSettings.NameOf(address), e.Message);
            return false;
        }
    }

    private async Task<RedisLink> OpenAsync(EndPoint address, CancellationToken cancellationToken)
    {
        var multiplexer = await ConnectAsync(address, _configuration.For(address), cancellationToken).ConfigureAwait(false);
        var blocking = _configuration.For(address).ForBlocking(_blockingTime);
        var prefix = (string?)_configuration.ChannelPrefix ?? "";
        return new RedisLink(multiplexer, prefix, isOwned: true, token => ConnectAsync(address, blocking, token));
    }

    private async Task<IConnectionMultiplexer> ConnectAsync(EndPoint address, ConfigurationOptions configuration, CancellationToken cancellationToken)
    {
        var connecting = ConnectionMultiplexer.ConnectAsync(configuration);
        ConnectionMultiplexer multiplexer;
        try
        {
            multiplexer = await connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = CloseWhenOpenAsync(connecting);
            throw;
        }
        try
        {
            var role = await RoleOfAsync(multiplexer.GetServer(address)).WaitAsync(CallTimeout, cancellationToken).ConfigureAwait(false);
            if (role != "master") throw new SentinelException($"its role must be 'master', but was '{role}'.");
            return multiplexer;
        }
        catch
        {
            await multiplexer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // Asks the server itself, which knows best whether it was just promoted or deposed.
    private static async Task<string?> RoleOfAsync(IServer server)
    {
        try
        {
            return (string?)((RedisResult[]?)await server.ExecuteAsync("ROLE").ConfigureAwait(false))?[0];
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOPERM", StringComparison.Ordinal))
        {
            return server.IsReplica ? "slave" : "master"; // The connection has read the role from INFO.
        }
    }

    private static async Task CloseWhenOpenAsync(Task<ConnectionMultiplexer> connecting)
    {
        await Task.WhenAny(connecting).ConfigureAwait(false);
        if (!connecting.IsCompletedSuccessfully) return;
        var multiplexer = await connecting.ConfigureAwait(false);
        await multiplexer.DisposeAsync().ConfigureAwait(false);
    }

    // Answers come many times a second. Waiting calls are woken only when the verdict is new or the primary is trusted.
    private void OnChanged()
    {
        var verdict = _monitor.View.Verdict;
        var told = Interlocked.Exchange(ref _told, verdict);
        if (Trusted() is not null || told is null || !verdict.SaysTheSameAs(told)) Signal();
    }

    private void Signal() => Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Primary(EndPoint Address, long Epoch, RedisLink Link)
    {
        public bool Is(EndPoint address, long epoch) => Address.Equals(address) && Epoch == epoch;
    }

    [LoggerMessage(6, LogLevel.Information,
        "Redis at {Primary} is the primary that the sentinels name, with epoch {Epoch}. Calls go there")]
    private static partial void LogFollowed(ILogger logger, string primary, long epoch);

    [LoggerMessage(7, LogLevel.Warning,
        "Redis at {Primary} is no longer the primary that the sentinels name. Its connection is closed")]
    private static partial void LogLeft(ILogger logger, string primary);

    [LoggerMessage(8, LogLevel.Warning, "The sentinels name Redis at {Primary}, but it cannot be used yet: {Reason}")]
    private static partial void LogRefused(ILogger logger, string primary, string reason);
}

/// <summary>Says why calls may not go to the primary.</summary>
internal sealed class SentinelException(string message) : Exception(message);
