using RestMq.Stores;

namespace RestMq.Redis;

/// <summary>Limits the number of queues.</summary>
internal sealed partial class RedisQueueStore
{
    private readonly int _maxQueues;

    public bool Knows(QueueName queue) => _index.Knows(queue);

    public ValueTask<bool> ExistsAsync(QueueName queue, CancellationToken cancellationToken) =>
        _index.ExistsAsync(KeysOf(queue).Meta, cancellationToken);

    // Hosts count the queues at most once a second, so several hosts together may exceed the limit slightly.
    private ValueTask CheckRoomForQueueAsync(QueueName queue, CancellationToken cancellationToken)
    {
        return _index.Knows(queue) ? default : CheckAsync();

        async ValueTask CheckAsync()
        {
            if (await _index.CountAsync(cancellationToken).ConfigureAwait(false) < _maxQueues) return;
            if (await ExistsAsync(queue, cancellationToken).ConfigureAwait(false)) return;
            _metrics.LimitReached("queues");
            throw QueueLimit.Reached(queue, _maxQueues);
        }
    }
}
