using System.Collections;
using System.Collections.Concurrent;

namespace RestMq.Engine;

/// <summary>
/// Holds the hubs of the queues in use. Any caller can name queues that do not exist, so the number of hubs without
/// users is bounded: beyond <see cref="MaxIdle"/>, all hubs without users are dropped.
/// </summary>
/// <param name="create">Creates the hub of a queue.</param>
internal sealed class ActiveQueues(Func<QueueName, ActiveQueue> create) : IEnumerable<ActiveQueue>
{
    /// <summary>
    /// The number of hubs at which those without users are dropped. A hub has about 1 KiB. Creating one again costs
    /// little, so more would not be faster.
    /// </summary>
    public const int MaxIdle = 4096;

    private readonly ConcurrentDictionary<QueueName, ActiveQueue> _hubs = new();
    private int _count;
    private int _dropAt = MaxIdle;
    private int _dropping;

    /// <summary>Gets the number of hubs.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Returns the hub of a queue, or null when the queue is not in use.</summary>
    public ActiveQueue? Find(QueueName queue) => _hubs.GetValueOrDefault(queue);

    /// <summary>Returns the hub of a queue, for a call to one of its group commits.</summary>
    public ActiveQueue Get(QueueName queue)
    {
        while (true)
        {
            if (_hubs.TryGetValue(queue, out var hub)) return hub;
            hub = create(queue);
            if (!_hubs.TryAdd(queue, hub)) continue;
            if (Interlocked.Increment(ref _count) >= Volatile.Read(ref _dropAt) && Interlocked.Exchange(ref _dropping, 1) == 0)
                ThreadPool.UnsafeQueueUserWorkItem(static hubs => hubs.DropUnused(), this, preferLocal: false);
            return hub;
        }
    }

    /// <summary>Returns the hub of a queue, and begins a use of its waiters or its pump.</summary>
    public ActiveQueue Enter(QueueName queue)
    {
        while (true)
        {
            var hub = Get(queue);
            if (hub.TryEnter()) return hub;
            Remove(hub);
        }
    }

    /// <summary>Drops the hubs that had no users and no calls during the last sweeps.</summary>
    public void DropIdle()
    {
        foreach (var (_, hub) in _hubs)
        {
            if (hub.TryCloseIdle()) Drop(hub);
        }
    }

    public async ValueTask CloseAllAsync()
    {
        foreach (var (_, hub) in _hubs)
        {
            if (Remove(hub)) await hub.CloseAsync().ConfigureAwait(false);
        }
    }

    public IEnumerator<ActiveQueue> GetEnumerator()
    {
        foreach (var (_, hub) in _hubs) yield return hub;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void DropUnused()
    {
        foreach (var (_, hub) in _hubs)
        {
            if (hub.TryClose()) Drop(hub);
        }
        // The hubs in use are looked at again only when the number has doubled, so the cost of a call stays constant on
        // average.
        Volatile.Write(ref _dropAt, Math.Max(MaxIdle, 2 * Count));
        Volatile.Write(ref _dropping, 0);
    }

    private void Drop(ActiveQueue hub)
    {
        if (Remove(hub)) _ = hub.CloseAsync().AsTask();
    }

    private bool Remove(ActiveQueue hub)
    {
        if (!_hubs.TryRemove(KeyValuePair.Create(hub.Queue, hub))) return false;
        Interlocked.Decrement(ref _count);
        return true;
    }
}
