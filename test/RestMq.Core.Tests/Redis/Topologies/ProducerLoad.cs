using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RestMq.Stores;
using RestMq.Telemetry;

namespace RestMq.Redis.Topologies;

/// <summary>
/// Puts the stores of two hosts under load. Producers number their messages and record which adds were acknowledged.
/// </summary>
internal sealed class ProducerLoad : IAsyncDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private readonly QueueMetrics _metrics = new(Options.Create(new RestMqOptions()));
    private readonly ConcurrentDictionary<int, byte> _acknowledged = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly QueueName[] _queues;
    private readonly Task[] _producers;
    private long _lastAt = Stopwatch.GetTimestamp();
    private long _longest;
    private int _last;

    public ProducerLoad(string configuration, params QueueName[] queues)
    {
        _queues = queues;
        Stores = [NewStore(configuration), NewStore(configuration)];
        _producers = [.. Stores.SelectMany(store => queues.Select(queue => Task.Run(() => ProduceAsync(store, queue))))];
    }

    /// <summary>Gets the stores of the hosts.</summary>
    public RedisQueueStore[] Stores { get; }

    /// <summary>Gets the number of acknowledged adds.</summary>
    public int Acknowledged => _acknowledged.Count;

    /// <summary>Gets the messages of failed adds.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>Gets the longest time without an acknowledged add.</summary>
    public TimeSpan LongestSilence => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref _longest));

    /// <summary>Waits until the given number of further adds were acknowledged.</summary>
    public async Task MoreAsync(int count)
    {
        var (start, wanted) = (Stopwatch.GetTimestamp(), Acknowledged + count);
        while (Acknowledged < wanted)
        {
            if (Stopwatch.GetElapsedTime(start) > LongestWait)
                throw new TimeoutException(
                    $"{wanted - Acknowledged} of {count} adds are missing. Last failures: "
                    + string.Join(" | ", _failures.TakeLast(3)));
            await Task.Delay(10);
        }
    }

    /// <summary>Stops the producers.</summary>
    public async Task EndAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_producers);
    }

    /// <summary>Stops the producers, and returns the acknowledged numbers that are in no queue.</summary>
    public async Task<IReadOnlyCollection<int>> LostAsync()
    {
        await EndAsync();
        var found = new HashSet<int>();
        foreach (var queue in _queues)
        {
            while (true)
            {
                var batch = await Stores[0].LeaseAsync(queue, [new LeaseRequest(500, TimeSpan.FromMinutes(10))], default);
                if (batch.Messages.Count == 0) break;
                foreach (var message in batch.Messages) found.Add(int.Parse(message.Body.Bytes.Span, CultureInfo.InvariantCulture));
            }
        }
        return [.. _acknowledged.Keys.Where(number => !found.Contains(number)).Order()];
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        foreach (var store in Stores) await store.DisposeAsync();
        _metrics.Dispose();
        _ending.Dispose();
    }

    private RedisQueueStore NewStore(string configuration) => new(
        new RedisStoreOptions { Configuration = configuration }, TimeSpan.FromMinutes(5), NullLogger<RedisQueueStore>.Instance, _metrics);

    private async Task ProduceAsync(RedisQueueStore store, QueueName queue)
    {
        while (!_ending.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _last);
            try
            {
                await store.AddAsync(queue, [new NewMessage(MessageBody.FromText(number.ToString(CultureInfo.InvariantCulture)))], false, default);
                _acknowledged.TryAdd(number, 0);
                var now = Stopwatch.GetTimestamp();
                var silence = now - Interlocked.Exchange(ref _lastAt, now);
                if (silence > Interlocked.Read(ref _longest)) Interlocked.Exchange(ref _longest, silence);
                await Task.Delay(1);
            }
            catch (RestMqUnavailableException e)
            {
                _failures.Enqueue(e.InnerException?.Message ?? e.Message);
                await Task.Delay(10);
            }
        }
    }
}
