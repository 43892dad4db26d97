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
            if (await _connection.FindMissingRightsAsync(cancellationToken).ConfigureAwait(false) is { } missing)
            {
                _format.Reset(); // Calls are refused too, before a script ends midway.
                return report with { Failure = missing, IsRefused = true };
            }
            await _format.EnsureAsync(cancellationToken).ConfigureAwait(false);
            return report;
        }
        catch (RestMqStoreRefusedException e)
        {
            return report with { Failure = e.Details, IsRefused = true };
        }
        catch (RestMqUnavailableException e)
        {
            return report with { Failure = e.Message };
        }
    }
}
