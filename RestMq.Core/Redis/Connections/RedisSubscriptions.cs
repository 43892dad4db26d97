using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RestMq.Redis.Connections;

/// <summary>
/// The channels that are listened to. They outlive a connection: on the one that follows it all are subscribed to again, and then everybody is told that
/// messages may have been missed.
/// </summary>
internal sealed partial class RedisSubscriptions : IAsyncDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<RedisSubscription, byte> _all = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private readonly RedisSource _source;
    private readonly ILogger _logger;
    private Task _renewing = Task.CompletedTask;
    private bool _again;

    public RedisSubscriptions(RedisSource source, ILogger logger)
    {
        _source = source;
        _logger = logger;
        source.Restored += Renew;
        source.SlotMoved += OnSlotMoved;
    }

    /// <summary>Subscribes by this link, and by each that follows it.</summary>
    public async Task<RedisSubscription> AddAsync(RedisLink link, string name, Action<RedisValue> onMessage, Action onGap)
    {
        var subscription = new RedisSubscription(name, onMessage, onGap, _source.Patience / 2, one => _all.TryRemove(one, out _));
        await subscription.AttachAsync(link).ConfigureAwait(false);
        _all.TryAdd(subscription, 0);
        // The link may have been replaced before the subscription was among those that are renewed.
        if (_source.Current != link) Renew();
        return subscription;
    }

    public async ValueTask DisposeAsync()
    {
        _source.Restored -= Renew;
        _source.SlotMoved -= OnSlotMoved;
        await _closing.CancelAsync().ConfigureAwait(false);
        Task renewing;
        lock (_lock) renewing = _renewing;
        await renewing.ConfigureAwait(false);
    }

    private void Renew()
    {
        lock (_lock)
        {
            if (_closing.IsCancellationRequested) return;
            _again = true;
            if (_renewing.IsCompleted) _renewing = Task.Run(RenewAsync);
        }
    }

    private async Task RenewAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            lock (_lock)
            {
                if (!_again) return;
                _again = false;
            }
            if (_source.Current is not { } link) return; // That which comes next raises Restored.
            try
            {
                foreach (var some in _all.Keys.Chunk(1000)) await Task.WhenAll(some.Select(one => one.AttachAsync(link))).ConfigureAwait(false);
                foreach (var one in _all.Keys) one.TellGap();
            }
            catch (Exception e) when (RedisErrors.IsAway(e) || link.IsClosed)
            {
                LogNotRenewed(_logger, _source.Description, e.Message);
                await Task.Delay(Again, CancellationToken.None).ConfigureAwait(false);
                lock (_lock) _again = true;
            }
        }
    }

    // The subscription moves with the slot, and what is published meanwhile is missed.
    private void OnSlotMoved(int slot)
    {
        if (_source.Current is not { UsesShardedChannels: true } link) return;
        foreach (var one in _all.Keys)
        {
            if (one.SlotIn(link) == slot) one.TellGap();
        }
    }

    [LoggerMessage(9, LogLevel.Warning, "The wake-ups of Redis at {Server} could not be subscribed to again, which is tried until it can be: {Reason}")]
    private static partial void LogNotRenewed(ILogger logger, string server, string reason);
}
