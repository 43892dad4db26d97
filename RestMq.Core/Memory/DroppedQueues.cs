namespace RestMq.Memory;

/// <summary>
/// Holds the counters of dropped queues for 1 day, so that their ids and sequences continue when the queue is made
/// again. No receipt and no idempotency key is valid for longer. The store's lock protects the object.
/// <para>
/// Any caller can make and empty queues, so the number of counters is bounded. Beyond the bound, the older half is
/// replaced by one number: all queues that are made later begin after the greatest id among them.
/// </para>
/// </summary>
internal sealed class DroppedQueues
{
    private const int FirstCheck = 1000;

    private static readonly TimeSpan Outlive = TimeSpan.FromDays(1);

    private readonly Dictionary<QueueName, Counters> _queues = [];
    private int _checkAt = FirstCheck;

    // The id after which new queues begin, and until when.
    private (long Id, long Until) _floor;

    /// <summary>Gets the bytes that the counters take in memory.</summary>
    public long Cost { get; private set; }

    /// <summary>Returns the counters of a queue. Zeros when there are none.</summary>
    public Counters Find(QueueName name) => _queues.GetValueOrDefault(name);

    /// <summary>Removes and returns the counters with which a queue begins.</summary>
    public Counters Take(QueueName name)
    {
        if (!_queues.Remove(name, out var counters)) return new Counters(_floor.Id, 0, 0);
        Cost -= CostOf(name);
        return counters;
    }

    /// <summary>Keeps the counters of a queue.</summary>
    public void Add(QueueName name, long id, long sequence, long now, long maxCost)
    {
        _queues.Add(name, new Counters(id, sequence, now + Outlive.Ticks));
        Cost += CostOf(name);
        if (_queues.Count < _checkAt && Cost <= maxCost) return;

        if (_floor.Until <= now) _floor = default;
        foreach (var (old, counters) in _queues)
        {
            if (counters.Until <= now) Remove(old);
        }
        if (Cost > maxCost) Collapse();
        // All counters are checked only when their number has doubled, so the cost for each drop stays constant on
        // average.
        _checkAt = Math.Max(FirstCheck, 2 * _queues.Count);
    }

    private void Collapse()
    {
        foreach (var (name, counters) in _queues.OrderBy(queue => queue.Value.Until).Take((_queues.Count + 1) / 2).ToArray())
        {
            _floor = (Math.Max(_floor.Id, counters.Id), Math.Max(_floor.Until, counters.Until));
            Remove(name);
        }
    }

    private void Remove(QueueName name)
    {
        if (_queues.Remove(name)) Cost -= CostOf(name);
    }

    private static long CostOf(QueueName name) => MemoryCosts.Counters + MemoryCosts.Of(name.Value);

    /// <summary>Holds the counters of a dropped queue.</summary>
    internal readonly record struct Counters(long Id, long Sequence, long Until);
}
