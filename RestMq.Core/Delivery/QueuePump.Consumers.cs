namespace RestMq.Delivery;

internal sealed partial class QueuePump
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TimeSpan, ConsumerGroup> _holders = [];
    private bool _closed;
    private long _bound;
    private (long Epoch, long Bound) _seen;

    /// <summary>The consumers that the queue's policy serves.</summary>
    public ConsumerGroup Plain { get; } = new(lease: null);

    /// <summary>How many consumers there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return Plain.Count + _holders.Values.Sum(group => group.Count);
        }
    }

    /// <summary>How many consumers of a broadcast are behind, by being slow or by having come back.</summary>
    public int Behind
    {
        get
        {
            if (_settings.Policy != QueuePolicy.Broadcast) return 0;
            lock (_lock) return Plain.Consumers.Count(consumer => consumer.Cursor < Front);
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

    private List<ConsumerGroup> Holders
    {
        get
        {
            lock (_lock) return [.. _holders.Values];
        }
    }

    /// <summary>Binds a consumer, which begins in an epoch, or in the one that the store tells next; null when there are as many as may be.</summary>
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

    /// <summary>Takes a consumer away, and gives back what was its own. What is sent after that is not moved for it any more.</summary>
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
            // Their leases end by themselves.
        }
        finally
        {
            // A step may be under way that counted with its room.
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
            foreach (var group in _holders.Values.Append(Plain))
            {
                foreach (var consumer in group.Consumers) consumer.End();
            }
        }
    }

    // Ends the streams that began in an earlier epoch of the queue: the hint of its purge was lost. One that was bound since the store was asked
    // may know a later one, or begin in the next that is told, so it is left to the next step.
    private void See(long epoch, long bound)
    {
        lock (_lock)
        {
            if (_seen == (epoch, bound)) return;
            _seen = (epoch, bound);
            foreach (var consumer in _holders.Values.Append(Plain).SelectMany(group => group.Consumers).Where(consumer => consumer.Number <= bound))
            {
                consumer.Epoch ??= epoch;
                if (consumer.Epoch < epoch) consumer.End();
            }
        }
    }

    /// <summary>Counts a second for those who want to hear that a quiet stream lives.</summary>
    public void CountSecond()
    {
        lock (_lock)
        {
            foreach (var group in _holders.Values.Append(Plain))
            {
                foreach (var consumer in group.Consumers) consumer.CountSecond();
            }
        }
    }

    public void ForEach(Action<LiveConsumer> action)
    {
        lock (_lock)
        {
            foreach (var consumer in Plain.Consumers) action(consumer);
        }
    }

    public List<LiveConsumer> Next(int most, Func<LiveConsumer, bool> condition)
    {
        lock (_lock) return Plain.Next(most, condition);
    }

    public bool Any(Func<LiveConsumer, bool> condition)
    {
        lock (_lock) return Plain.Consumers.Any(condition);
    }

    public int MostRoom(Func<LiveConsumer, bool> condition)
    {
        lock (_lock) return Plain.Consumers.Where(condition).Select(consumer => consumer.Room).DefaultIfEmpty().Max();
    }

    public (int Messages, long Bytes) OwnRoom(ConsumerGroup group, int most)
    {
        lock (_lock) return group.OwnRoom(most);
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
        if (consumer.Lease is not { } lease) return Plain;
        if (!_holders.TryGetValue(lease, out var group)) _holders.Add(lease, group = new ConsumerGroup(lease));
        return group;
    }
}
