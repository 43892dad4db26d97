namespace RestMq.Delivery;

internal sealed partial class QueuePump
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TimeSpan, ConsumerGroup> _holders = [];
    private bool _closed;
    private long _bound;
    private (long Epoch, long Bound) _seen;

    /// <summary>Gets the consumers without a lease, which the queue's policy serves.</summary>
    public ConsumerGroup SharedGroup { get; } = new(lease: null);

    /// <summary>Gets the number of consumers.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return SharedGroup.Count + _holders.Values.Sum(group => group.Count);
        }
    }

    /// <summary>Gets how many consumers of a broadcast are behind, because they are slow or have come back.</summary>
    public int Behind
    {
        get
        {
            if (_settings.Policy != QueuePolicy.Broadcast) return 0;
            lock (_lock) return SharedGroup.Consumers.Count(consumer => consumer.Cursor < Front);
        }
    }

    // The number of the last consumer that was bound.
    private long Bound
    {
        get
        {
            lock (_lock) return _bound;
        }
    }

    private List<ConsumerGroup> LeasingGroups
    {
        get
        {
            lock (_lock) return [.. _holders.Values];
        }
    }

    /// <summary>
    /// Binds a consumer. It begins in <paramref name="epoch"/>, or if that is null, in the epoch that the store reports
    /// next. Returns null when the queue has its maximum of consumers or the pump is closed.
    /// </summary>
    public LiveConsumer? TryBind(LiveConsumerOptions wanted, long? epoch)
    {
        var consumer = new LiveConsumer(this, Queue, options.ConsumerBuffer, wanted) { Epoch = epoch };
        lock (_lock)
        {
            if (_closed || Count >= options.MaxConsumers) return null;
            consumer.Number = ++_bound;
            GroupOf(consumer).Add(consumer);
            _running ??= Task.Run(RunAsync);
        }
        Signal();
        return consumer;
    }

    /// <summary>
    /// Removes a consumer and settles the messages that were leased for it. When the task completes, no step moves
    /// messages for this consumer any more.
    /// </summary>
    public async ValueTask UnbindAsync(LiveConsumer consumer, IReadOnlyList<Settlement> back)
    {
        lock (_lock)
        {
            if (consumer.Place is null) return;
            var group = GroupOf(consumer);
            group.Remove(consumer);
            consumer.Place = null;
            if (group is { Count: 0, Lease: { } lease }) _holders.Remove(lease);
            foreach (var settlement in back) _held.Remove(settlement.Receipt);
        }
        try
        {
            if (back.Count > 0) await store.SettleAsync(Queue, back, CancellationToken.None).ConfigureAwait(false);
        }
        catch (RestMqUnavailableException)
        {
            // The messages go back to the queue when their leases end.
        }
        finally
        {
            // Waits for a step under way, which may have counted the consumer's free slots.
            await _stepping.WaitAsync().ConfigureAwait(false);
            _stepping.Release();
            Signal();
            hub.Leave();
        }
    }

    /// <summary>Ends every stream.</summary>
    public void EndStreams()
    {
        lock (_lock)
        {
            foreach (var group in _holders.Values.Append(SharedGroup))
            {
                foreach (var consumer in group.Consumers) consumer.End();
            }
        }
    }

    // Ends the streams that began in an earlier epoch of the queue: the queue was purged, and the wake-up of the purge
    // was lost. A consumer that was bound after the store was asked is left to the next step. It may know a later
    // epoch, or begin in the epoch that the store reports next.
    private void ApplyEpoch(long epoch, long bound)
    {
        lock (_lock)
        {
            if (_seen == (epoch, bound)) return;
            _seen = (epoch, bound);
            foreach (var consumer in _holders.Values.Append(SharedGroup).SelectMany(group => group.Consumers).Where(consumer => consumer.Number <= bound))
            {
                consumer.Epoch ??= epoch;
                if (consumer.Epoch < epoch) consumer.End();
            }
        }
    }

    /// <summary>Counts a second for the heartbeats of all streams.</summary>
    public void CountSecond()
    {
        lock (_lock)
        {
            foreach (var group in _holders.Values.Append(SharedGroup))
            {
                foreach (var consumer in group.Consumers) consumer.CountSecond();
            }
        }
    }

    public void ForEach(Action<LiveConsumer> action)
    {
        lock (_lock)
        {
            foreach (var consumer in SharedGroup.Consumers) action(consumer);
        }
    }

    public List<LiveConsumer> Next(int most, Func<LiveConsumer, bool> condition)
    {
        lock (_lock) return SharedGroup.Next(most, condition);
    }

    public bool Any(Func<LiveConsumer, bool> condition)
    {
        lock (_lock) return SharedGroup.Consumers.Any(condition);
    }

    public int MostFreeSlots(Func<LiveConsumer, bool> condition)
    {
        lock (_lock) return SharedGroup.Consumers.Where(condition).Select(consumer => consumer.FreeSlots).DefaultIfEmpty().Max();
    }

    public (int Messages, long Bytes) FreeLeases(ConsumerGroup group, int most)
    {
        lock (_lock) return group.FreeLeases(most);
    }

    public bool TryGiveNext(ConsumerGroup group, QueueMessage message)
    {
        lock (_lock)
        {
            if (group.GiveNext(message) is not { } consumer) return false;
            if (group.Lease is not null) _held[message.Receipt] = (consumer, message);
            return true;
        }
    }

    private ConsumerGroup GroupOf(LiveConsumer consumer)
    {
        if (consumer.Lease is not { } lease) return SharedGroup;
        if (!_holders.TryGetValue(lease, out var group)) _holders.Add(lease, group = new ConsumerGroup(lease));
        return group;
    }
}
