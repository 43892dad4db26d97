using RestMq.Stores;

namespace RestMq.Redis;

/// <summary>Lists queues, and caches the keys of queues.</summary>
internal sealed partial class RedisQueueStore
{
    // To create the keys of an evicted queue again costs 1 us, and loses no messages.
    private const int KnownKeys = 10_000;

    private readonly RecentCache<QueueName, RedisKeys> _keys = new(KnownKeys);
    private readonly RedisQueueIndex _index;

    public async ValueTask<IReadOnlyList<QueueName>> ListAsync(QueueName? after, int max, CancellationToken cancellationToken)
    {
        await _format.EnsureAsync(cancellationToken).ConfigureAwait(false);
        return await _index.ListAsync(after, max, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<long> RebuildIndexAsync(CancellationToken cancellationToken)
    {
        await _format.EnsureAsync(cancellationToken).ConfigureAwait(false);
        return await _index.RebuildAsync(_prefix, cancellationToken).ConfigureAwait(false);
    }

    private RedisKeys KeysOf(QueueName queue)
    {
        if (_keys.TryGet(queue, out var keys)) return keys;
        keys = new RedisKeys(_prefix, queue);
        _keys.Set(queue, keys);
        return keys;
    }
}
