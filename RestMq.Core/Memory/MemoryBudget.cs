using RestMq.Stores;

namespace RestMq.Memory;

/// <summary>
/// Counts the bytes that the memory store holds, so that it refuses messages before the process has no memory left. A
/// step of a queue changes the count at most once.
/// </summary>
/// <param name="limit">The most bytes.</param>
internal sealed class MemoryBudget(long limit)
{
    // Readiness is degraded from 80 %, and unhealthy from 95 %, when large messages are refused already.
    private const double Degraded = 0.8;
    private const double Unhealthy = 0.95;

    private long _used;

    /// <summary>Gets the most bytes.</summary>
    public long Limit => limit;

    /// <summary>Gets the bytes in use.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>Returns the limit of the options, or a half of the memory that this process may use.</summary>
    public static MemoryBudget Of(RestMqOptions options) =>
        new(options.MaxMemoryBytes ?? AvailableMemory.Part(2, least: 32 * 1024 * 1024));

    /// <summary>Adds to the bytes in use, or subtracts from them.</summary>
    public void Change(long bytes)
    {
        if (bytes != 0) Interlocked.Add(ref _used, bytes);
    }

    public StoreReport Report()
    {
        var used = Used;
        var facts = new Dictionary<string, object> { ["memory_used"] = used, ["memory_limit"] = limit };
        var text = $"The memory store must hold at most {limit} bytes (RestMqOptions.MaxMemoryBytes), and holds {used}.";
        return new StoreReport(
            used >= limit * Unhealthy ? text + " New messages are refused. Take or delete messages." : null,
            used >= limit * Degraded ? [text + " Soon new messages are refused. Take or delete messages."] : [],
            facts);
    }
}
