using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RestMq.Stores;
using RestMq.Telemetry;

namespace RestMq.Access;

/// <summary>
/// Limits how many queues one caller makes (<see cref="RestMqOptions.MaxQueuesPerCaller"/>), so that no caller uses up
/// the queues of the host. Adds to queues that the store knows pass without a lock. The names are of this host only, and
/// a name counts as long as its queue exists.
/// </summary>
internal sealed class QueueQuota(IQueueStore store, RestMqOptions options, QueueMetrics metrics, TimeProvider time)
{
    // A remote store is asked about this many queues at a time.
    private const int ConcurrentLooks = 64;

    private const int FirstCheck = 10_000;

    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(5);

    // Several calls of MapRestMq() share the quota of their host.
    private static readonly ConditionalWeakTable<IQueueStore, QueueQuota> Quotas = [];

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Made> _callers = [];
    private int _count;
    private int _checkAt = FirstCheck;

    /// <summary>Returns the quota of a site. Null when the site has replaced the engine, and has no store of ours.</summary>
    public static QueueQuota? Of(IServiceProvider services) => services.GetService<IQueueStore>() is not { } store ? null
        : Quotas.GetValue(store, s => new QueueQuota(
            s, services.GetRequiredService<IOptions<RestMqOptions>>().Value, services.GetRequiredService<QueueMetrics>(),
            services.GetRequiredService<TimeProvider>()));

    /// <summary>Lets the caller of a request add to a queue, which may be new.</summary>
    /// <exception cref="RestMqFullException">The queue is new, and the caller has made as many as it may.</exception>
    public ValueTask AdmitAsync(HttpContext context, QueueName queue) => store.Knows(queue) ? default : AdmitNewAsync(context, queue);

    private async ValueTask AdmitNewAsync(HttpContext context, QueueName queue)
    {
        if (store.IsRemote && await store.ExistsAsync(queue, context.RequestAborted)) return;
        var caller = CallerOf(context);
        if (TryCount(caller, queue)) return;
        if (TakeCheck(caller) is { } names)
        {
            await ForgetMissingAsync(caller, names, context.RequestAborted);
            if (TryCount(caller, queue)) return;
        }
        metrics.LimitReached("caller_queues");
        throw new RestMqFullException(
            $"A caller may make at most {options.MaxQueuesPerCaller} queues (RestMqOptions.MaxQueuesPerCaller), and this one "
            + $"has made as many, so {queue} was not made. Nothing was added. Use an existing queue, or delete queues "
            + "that are no longer needed.");
    }

    private bool TryCount(string caller, QueueName queue)
    {
        lock (_lock)
        {
            if (!_callers.TryGetValue(caller, out var made)) _callers.Add(caller, made = new Made());
            if (made.Names.Contains(queue)) return true;
            if (made.Names.Count >= options.MaxQueuesPerCaller) return false;
            made.Names.Add(queue);
            if (++_count >= _checkAt) ForgetUnknown();
            return true;
        }
    }

    // Returns the names to look at, unless that was done lately: a caller at its limit must not cost many looks.
    private QueueName[]? TakeCheck(string caller)
    {
        lock (_lock)
        {
            if (!_callers.TryGetValue(caller, out var made)) return [];
            if (made.CheckedAt is { } at && time.GetElapsedTime(at) < CheckEvery) return null;
            made.CheckedAt = time.GetTimestamp();
            return [.. made.Names];
        }
    }

    private async Task ForgetMissingAsync(string caller, QueueName[] names, CancellationToken cancellationToken)
    {
        var exists = new bool[names.Length];
        await Parallel.ForAsync(
            0, names.Length, new ParallelOptions { MaxDegreeOfParallelism = ConcurrentLooks, CancellationToken = cancellationToken },
            async (i, ending) => exists[i] = await store.ExistsAsync(names[i], ending));
        lock (_lock)
        {
            if (!_callers.TryGetValue(caller, out var made)) return;
            for (var i = 0; i < names.Length; i++)
            {
                if (!exists[i] && made.Names.Remove(names[i])) _count--;
            }
        }
    }

    // Forgets the names that the store does not know, and callers without names. All names are checked only when their
    // number has doubled, so the cost for each new queue stays constant on average.
    private void ForgetUnknown()
    {
        _count = 0;
        foreach (var (caller, made) in _callers)
        {
            made.Names.RemoveWhere(name => !store.Knows(name));
            _count += made.Names.Count;
            if (made.Names.Count == 0) _callers.Remove(caller);
        }
        _checkAt = Math.Max(FirstCheck, 2 * _count);
    }

    /// <summary>Returns who sends a request: the authenticated name, or else the address.</summary>
    internal static string CallerOf(HttpContext context)
    {
        if (context.User.Identity is { IsAuthenticated: true, Name: { Length: > 0 } name }) return "name " + name;
        if (context.Connection.RemoteIpAddress is not { } address) return "";
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || address.IsIPv4MappedToIPv6) return address.ToString();
        // One site has at least a /64 network, so its single addresses are no bound.
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes) + "/64";
    }

    private sealed class Made
    {
        public HashSet<QueueName> Names { get; } = [];

        public long? CheckedAt { get; set; }
    }
}
