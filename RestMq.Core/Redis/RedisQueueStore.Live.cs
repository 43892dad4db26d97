using System.Collections.Concurrent;
using System.Diagnostics;
using RestMq.Stores;
using StackExchange.Redis;

namespace RestMq.Redis;

internal sealed partial class RedisQueueStore
{
    private readonly ConcurrentDictionary<Listener, byte> _listeners = new();

    public async ValueTask<BroadcastBatch> BroadcastAsync(QueueName queue, BroadcastRequest request, CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await RunAsync(
            RedisScripts.Broadcast, queue, cancellationToken,
            request.After is { } after ? after : RedisValue.EmptyString, request.Move, request.Read, _host, request.Bytes).ConfigureAwait(false))!;
        const int Heads = 4;
        var messages = new QueueMessage[(reply.Length - Heads) / 3];
        for (var i = 0; i < messages.Length; i++)
        {
            var at = Heads + (i * 3);
            messages[i] = RedisBody.Read(queue, (long)reply[at + 1], (byte[])reply[at + 2]!, (long)reply[at]);
        }
        return new BroadcastBatch(messages, (long)reply[0], (long)reply[1], Due(reply[2]), Live(reply[3]));
    }

    public async ValueTask<IAsyncDisposable> ListenAsync(QueueName queue, Action<QueueHint> onHint, CancellationToken cancellationToken)
    {
        var channel = await _connection.ChannelAsync(KeysOf(queue).Wake, cancellationToken).ConfigureAwait(false);
        var listener = new Listener(this, queue, channel, onHint);
        await listener.StartAsync(cancellationToken).ConfigureAwait(false);
        return listener;
    }

    private void OnRestored()
    {
        // Perhaps another server.
        _server = null;
        foreach (var listener in _listeners.Keys) listener.Tell(QueueHint.Changed);
    }

    private sealed class Listener(RedisQueueStore store, QueueName queue, RedisChannel channel, Action<QueueHint> onHint) : IAsyncDisposable
    {
        private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(5);

        public void Tell(QueueHint hint) => onHint(hint);

        public async ValueTask StartAsync(CancellationToken cancellationToken)
        {
            try
            {
                await store._connection.DoAsync(SubscribeAsync, cancellationToken).ConfigureAwait(false);
            }
            catch (RestMqUnavailableException)
            {
                // Otherwise the connection would subscribe by itself once it is back, for nobody.
                await DisposeAsync().ConfigureAwait(false);
                throw;
            }
            store._listeners.TryAdd(this, 0);
        }

        public async ValueTask DisposeAsync()
        {
            store._listeners.TryRemove(this, out _);
            try
            {
                // Not waited for: with the server away the subscription is only noted as unwanted, and is not made again.
                await store._connection.DoAsync(
                    async c =>
                    {
                        await c.GetSubscriber().UnsubscribeAsync(channel, OnMessage, CommandFlags.FireAndForget).ConfigureAwait(false);
                        return true;
                    },
                    CancellationToken.None).ConfigureAwait(false);
            }
            catch (RestMqUnavailableException)
            {
                // Nothing is subscribed on a connection that is gone.
            }
        }

        private async Task<bool> SubscribeAsync(IConnectionMultiplexer connection)
        {
            var subscriber = connection.GetSubscriber();
            // Hints have a connection of their own, which may be up a moment after the one for calls.
            var start = Stopwatch.GetTimestamp();
            while (connection.IsConnected && !subscriber.IsConnected(channel) && Stopwatch.GetElapsedTime(start) < store._connection.Patience / 2)
                await Task.Delay(Moment).ConfigureAwait(false);
            await subscriber.SubscribeAsync(channel, OnMessage).ConfigureAwait(false);
            return true;
        }

        private void OnMessage(RedisChannel _, RedisValue message)
        {
            var words = ((string?)message ?? "").Split(' ');
            if (words[0] == "l" + store._host) return;
            if (words[0] == "p") onHint(QueueHint.Purged);
            else if (words.Length == 1) onHint(QueueHint.Changed);
            else onHint(QueueHint.Changed with { Ended = [.. words.Skip(1).Select(word => Receipt.Parse($"{queue}:{word}"))] });
        }
    }
}
