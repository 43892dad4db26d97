namespace RestMq.Delivery;

/// <summary>Consumers that share messages in rotation: those without a lease of a queue, or those with the same one. Its pump holds the lock.</summary>
internal sealed class ConsumerGroup(TimeSpan? lease)
{
    private readonly LinkedList<LiveConsumer> _rotation = new();

    /// <summary>For how long they hold a message; null when what has been written is delivered.</summary>
    public TimeSpan? Lease => lease;

    public int Count => _rotation.Count;

    /// <summary>When the store was last asked what they hold, in the clock's ticks; the pump's.</summary>
    public long Asked { get; set; }

    /// <summary>Whether none had room when messages were last wanted; the pump's.</summary>
    public bool IsFull { get; set; }

    public IEnumerable<LiveConsumer> Consumers => _rotation;

    public void Add(LiveConsumer consumer) => consumer.Place = _rotation.AddLast(consumer);

    public void Remove(LiveConsumer consumer) => _rotation.Remove(consumer.Place!);

    /// <summary>How many messages they take now, counted no further than <paramref name="most"/>, and of how many bytes.</summary>
    public (int Messages, long Bytes) OwnRoom(int most)
    {
        var (messages, bytes) = (0, 0L);
        for (var node = _rotation.First; node is not null && messages < most; node = node.Next)
        {
            var room = node.Value.OwnRoom;
            if (room == 0) continue;
            messages += room;
            bytes += node.Value.RoomInBytes;
        }
        return (Math.Min(messages, most), bytes);
    }

    /// <summary>What those hold who are full: about so many messages, and others' the next time.</summary>
    public List<Receipt> HeldByFull(int most)
    {
        var receipts = new List<Receipt>();
        for (var left = _rotation.Count; left > 0 && receipts.Count < most; left--)
        {
            var next = Turn();
            if (next.OwnRoom == 0) receipts.AddRange(next.Own.Select(message => message.Receipt));
        }
        return receipts;
    }

    /// <summary>
    /// Gives a message to the next one that has room; when none has, to the next one that is full by bytes only, for what was handed out must
    /// get somewhere. Null when all are full by number.
    /// </summary>
    public LiveConsumer? GiveNext(QueueMessage message) =>
        Next(consumer => consumer.OwnRoom > 0 && consumer.TryWrite(message, own: true)) ?? Next(consumer => consumer.TryWrite(message, own: true));

    /// <summary>The next ones of which something holds: at most so many, and others the next time.</summary>
    public List<LiveConsumer> Next(int most, Func<LiveConsumer, bool> condition)
    {
        var found = new List<LiveConsumer>();
        for (var left = _rotation.Count; left > 0 && found.Count < most; left--)
        {
            var next = Turn();
            if (condition(next)) found.Add(next);
        }
        return found;
    }

    private LiveConsumer? Next(Func<LiveConsumer, bool> condition)
    {
        for (var left = _rotation.Count; left > 0; left--)
        {
            var next = Turn();
            if (condition(next)) return next;
        }
        return null;
    }

    // Whoever is first goes to the end.
    private LiveConsumer Turn()
    {
        var node = _rotation.First!;
        _rotation.RemoveFirst();
        _rotation.AddLast(node);
        return node.Value;
    }
}
