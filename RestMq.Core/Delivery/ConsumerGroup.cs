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

    /// <summary>How many messages they take now, counted no further than <paramref name="most"/>.</summary>
    public int OwnRoom(int most)
    {
        var room = 0;
        for (var node = _rotation.First; node is not null && room < most; node = node.Next) room += node.Value.OwnRoom;
        return Math.Min(room, most);
    }

    /// <summary>What those hold who are full: about so many messages, and others' the next time.</summary>
    public List<Receipt> HeldByFull(int most)
    {
        var receipts = new List<Receipt>();
        for (var left = _rotation.Count; left > 0 && receipts.Count < most; left--)
        {
            var node = _rotation.First!;
            _rotation.RemoveFirst();
            _rotation.AddLast(node);
            if (node.Value.OwnRoom == 0) receipts.AddRange(node.Value.Own.Select(message => message.Receipt));
        }
        return receipts;
    }

    /// <summary>Gives a message to the next one that has room; null when none has.</summary>
    public LiveConsumer? GiveNext(QueueMessage message)
    {
        for (var tries = _rotation.Count; tries > 0; tries--)
        {
            var node = _rotation.First!;
            _rotation.RemoveFirst();
            _rotation.AddLast(node);
            if (node.Value.TryWrite(message, own: true)) return node.Value;
        }
        return null;
    }
}
