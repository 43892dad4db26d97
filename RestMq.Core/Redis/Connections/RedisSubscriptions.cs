using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RestMq.Redis.Connections;

/// <summary>
/// Keeps the subscriptions. They outlive a connection: on the next connection, all channels are subscribed again. Then
/// every listener is told that messages may have been missed.
/// </summary>
internal sealed partial class RedisSubscriptions : IAsyncDisposable
{
    // Ten looks, 200 ms apart, last for two seconds after the last report of a move.
    private const int Looks = 10;
    private const int AtOnce = 1000;

    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<RedisSubscription, byte> _all = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private readonly RedisSource _source;
    private readonly ILogger _logger;
    private Task _renewing = Task.CompletedTask;
    private bool _tellAll;
    private int _looks;

    public RedisSubscriptions(RedisSource source, ILogger logger)
    {
        _source = source;
        _logger = logger;
        source.Restored += Renew;
        source.Moved += Look;
    }

    /// <summary>Gets whether there are subscriptions.</summary>
    public bool Any => !_all.IsEmpty;

    /// <summary>Subscribes over this link, and over each later link.</summary>
    public async Task<RedisSubscription> AddAsync(RedisLink link, string name, Action<RedisValue> onMessage, Action onGap)
    {
        var subscription = new RedisSubscription(name, onMessage, onGap, _source.CallTimeout / 2, one => _all.TryRemove(one, out _));
        await subscription.AttachAsync(link).ConfigureAwait(false);
        _all.TryAdd(subscription, 0);
        // The link may have been replaced before the subscription was added to those that are renewed.
        if (_source.Current != link) Renew();
        return subscription;
    }

    public async ValueTask DisposeAsync()
    {
        _source.Restored -= Renew;
        _source.Moved -= Look;
        await _closing.CancelAsync().ConfigureAwait(false);
        Task renewing;
        lock (_lock) renewing = _renewing;
        await renewing.ConfigureAwait(false);
    }

    private void Renew() => Begin(tellAll: true);

    // StackExchange.Redis moves a subscription some time after the slot has moved, and does not report it.
    private void Look() => Begin(tellAll: false);

    private void Begin(bool tellAll)
    {
        if (_all.IsEmpty) return;
        lock (_lock)
        {
            if (_closing.IsCancellationRequested) return;
            _tellAll |= tellAll;
            _looks = Looks;
            if (_renewing.IsCompleted) _renewing = Task.Run(RenewAsync);
        }
    }

    private async Task RenewAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            bool tellAll;
            lock (_lock)
            {
                if (_looks-- == 0 || _source.Current is null) return; // A new link raises Restored.
                (tellAll, _tellAll) = (_tellAll, false);
            }
            if (_source.Current is { } link) await RenewAsync(link, tellAll).ConfigureAwait(false);
            await Task.Delay(Again, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task RenewAsync(RedisLink link, bool tellAll)
    {
        try
        {
            foreach (var some in _all.Select(pair => pair.Key).Where(one => one.Needs(link)).Chunk(AtOnce))
                await Task.WhenAll(some.Select(one => one.AttachAsync(link))).ConfigureAwait(false);
            var attached = true;
            foreach (var (one, _) in _all)
            {
                attached &= one.LookWhereItIs();
                if (tellAll) one.TellGap();
            }
            if (!attached) KeepLooking(tellAll: false);
        }
        catch (Exception e) when (RedisErrors.IsAway(e, link))
        {
            LogNotRenewed(_logger, _source.Description, e.Message);
            KeepLooking(tellAll);
        }
    }

    private void KeepLooking(bool tellAll)
    {
        lock (_lock)
        {
            _tellAll |= tellAll;
            _looks = Looks;
        }
    }

    [LoggerMessage(9, LogLevel.Warning,
        "The wake-ups of Redis at {Server} could not be subscribed. The host tries again: {Reason}")]
    private static partial void LogNotRenewed(ILogger logger, string server, string reason);
}
