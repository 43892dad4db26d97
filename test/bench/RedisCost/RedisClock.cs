using StackExchange.Redis;

namespace RestMq.Bench.RedisCost;

/// <summary>
/// Measures how long Redis works on scripts, by its own clock. SLOWLOG records every script with its time.
/// </summary>
internal sealed class RedisClock(IServer server)
{
    private const int MaxEntries = 100_000;

    /// <summary>
    /// Runs <paramref name="work"/> and returns the time of each script that Redis ran meanwhile, in µs.
    /// </summary>
    public async Task<IReadOnlyList<double>> MeasureAsync(Func<Task> work)
    {
        await server.ConfigSetAsync("slowlog-max-len", MaxEntries);
        await server.SlowlogResetAsync();
        await server.ConfigSetAsync("slowlog-log-slower-than", 0);
        await work();
        await server.ConfigSetAsync("slowlog-log-slower-than", -1);
        var log = await server.SlowlogGetAsync(MaxEntries);
        return [.. log.Where(entry => entry.Arguments[0] == "EVALSHA").Select(entry => entry.Duration.TotalMicroseconds)];
    }
}
