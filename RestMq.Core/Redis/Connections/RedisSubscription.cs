using System.Diagnostics;
using System.Net;
using StackExchange.Redis;

namespace RestMq.Redis.Connections;

/// <summary>Listens to one channel, over the present link.</summary>
internal sealed class RedisSubscription(
    string name, Action<RedisValue> onMessage, Action onGap, TimeSpan connectLimit, Action<RedisSubscription> onDispose) : IAsyncDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(5);

    private readonly SemaphoreSlim _turn = new(1);
    private RedisLink? _link;
    private RedisChannel _channel;
    private EndPoint? _server;
    private bool _sharded;
    private bool _disposed;

    /// <summary>Returns whether the channel is not yet subscribed over this link.</summary>
    public bool Needs(RedisLink link) => _link != link || _sharded != link.UsesShardedChannels;

    /// <summary>Subscribes over this link, unless that is done already.</summary>
    public async Task AttachAsync(RedisLink link)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_disposed && !link.IsClosed) await AttachInTurnAsync(link, link.Multiplexer.GetSubscriber()).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Tells the listener that messages may have been missed.</summary>
    public void TellGap() => onGap();

    /// <summary>
    /// Tells the listener of a gap if another server than before has the subscription, as after a cluster's failover.
    /// Returns whether a server has the subscription.
    /// </summary>
    public bool LookWhereItIs()
    {
        if (_link is not { IsClosed: false } link) return false;
        var subscriber = link.Multiplexer.GetSubscriber();
        if (subscriber.SubscribedEndpoint(_channel) is not { } server || !subscriber.IsConnected(_channel)) return false;
        if (Interlocked.Exchange(ref _server, server) is { } before && !before.Equals(server)) TellGap();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        onDispose(this);
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_disposed) return;
            _disposed = true;
            if (_link is not { IsClosed: false } link) return; // A closed connection has no subscriptions.
            // Does not wait for Redis. If the server is away, StackExchange.Redis only notes that the subscription is
            // unwanted, and does not make it again.
            await link.Multiplexer.GetSubscriber().UnsubscribeAsync(_channel, OnMessage, CommandFlags.FireAndForget).ConfigureAwait(false);
        }
        catch (Exception e) when (RedisErrors.IsAway(e) || e is ObjectDisposedException)
        {
            // The connection is gone, and the subscription is gone with it.
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task AttachInTurnAsync(RedisLink link, ISubscriber subscriber)
    {
        // Wake-ups may use their own connection, which may be up a moment later than the connection for calls.
        var start = Stopwatch.GetTimestamp();
        while (link.Multiplexer.IsConnected && !subscriber.IsConnected(link.Channel(name)) && Stopwatch.GetElapsedTime(start) < connectLimit)
            await Task.Delay(Moment).ConfigureAwait(false);
        var channel = link.Channel(name);
        if (_link == link && _channel == channel) return;
        try
        {
            await subscriber.SubscribeAsync(channel, OnMessage).ConfigureAwait(false);
        }
        catch
        {
            // Otherwise the connection would subscribe by itself after a reconnect, in addition to the next attempt.
            await subscriber.UnsubscribeAsync(channel, OnMessage, CommandFlags.FireAndForget).ConfigureAwait(false);
            throw;
        }
        // The same link has another channel now, because the servers were upgraded and publish in another way.
        if (_link == link) await subscriber.UnsubscribeAsync(_channel, OnMessage, CommandFlags.FireAndForget).ConfigureAwait(false);
        (_link, _channel, _sharded, _server) = (link, channel, channel.IsSharded, subscriber.SubscribedEndpoint(channel));
    }

    private void OnMessage(RedisChannel channel, RedisValue message) => onMessage(message);
}
