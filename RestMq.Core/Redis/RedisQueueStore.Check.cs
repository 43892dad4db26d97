using RestMq.Redis.Health;
using RestMq.Stores;

namespace RestMq.Redis;

internal sealed partial class RedisQueueStore
{
    private readonly RedisHealth _health;

    public ValueTask<StoreReport> CheckAsync(CancellationToken cancellationToken) => _health.CheckAsync(cancellationToken);
}
