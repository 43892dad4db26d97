using RestMq.Redis.Health;
using RestMq.Stores;

namespace RestMq.Redis;

internal sealed partial class RedisQueueStore
{
    private readonly RedisHealth _health;

    public async ValueTask<StoreReport> CheckAsync(CancellationToken cancellationToken)
    {
        var report = await _health.CheckAsync(cancellationToken).ConfigureAwait(false);
        if (report.Failure is not null) return report;
        try
        {
            await _format.EnsureAsync(cancellationToken).ConfigureAwait(false);
            return report;
        }
        catch (RestMqUnavailableException e)
        {
            return report with { Failure = e.Message };
        }
    }
}
