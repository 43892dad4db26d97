namespace RestMq.Redis;

internal sealed partial class RedisQueueStore
{
    private readonly RedisProbe _probe;

    public event Action? WakeUpsLost
    {
        add => _probe.Lost += value;
        remove => _probe.Lost -= value;
    }

    public bool WakeUpsFlow => _probe.Flows;
}
