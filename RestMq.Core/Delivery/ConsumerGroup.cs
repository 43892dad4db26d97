namespace RestMq.Delivery;

/// <summary>
/// Holds consumers that share messages in rotation: the consumers of a queue without a lease, or those with the same
/// lease. The pump calls it under its lock.
/// </summary>
internal sealed class ConsumerGroup(TimeSpan? lease)
{
    private readonly LinkedList<LiveConsumer> _rotation = new();

    /// <summary>Gets the lease of the consumers. Null when a message counts as delivered once it is written.</summary>
    public TimeSpan? Lease => lease;

    public int Count => _rotation.Count;

    /// <summary>
    /// Gets or sets the timestamp at which the pump last asked the store which messages the consumers hold.
    /// </summary>
    public long Asked { get; set; }

    /// <summary>Gets or sets whether no consumer had a free slot when the pump last wanted to deliver.</summary>
    public bool IsFull { get; set; }

    public IEnumerable<LiveConsumer> Consumers => _rotation;

    public void Add(LiveConsumer consumer) => consumer.Place = _rotation.AddLast(consumer);

    public void Remove(LiveConsumer consumer) => _rotation.Remove(consumer.Place!);

    /// <summary>
    /// Returns how many messages the consumers can take now, up to <paramref name="most"/>, and how many bytes.
    /// </summary>
    public (int Messages, long Bytes) FreeLeases(int most)
    {
        var (messages, bytes) = (0, 0L);
        for (var node = _rotation.First; node is not null && messages < most; node = node.Next)
        {
            var slots = node.Value.FreeLeases;
            if (slots == 0) continue;
            messages += slots;
            bytes += node.Value.FreeBytes;
        }
        return (Math.Min(messages, most), bytes);
    }

    /// <summary>
    /// Returns the receipts that full consumers hold, about <paramref name="most"/> of them. The next call continues
    /// with the next consumers.
    /// </summary>
    public List<Receipt> HeldByFull(int most)
    {
        var receipts = new List<Receipt>();
        for (var left = _rotation.Count; left > 0 && receipts.Count < most; left--)
        {
            var next = NextInRotation();
            if (next.FreeLeases == 0) receipts.AddRange(next.HeldMessages.Select(message => message.Receipt));
        }
        return receipts;
    }

    /// <summary>
    /// Gives a message to the next consumer with a free slot and returns the consumer. When no consumer has one, the
    /// next consumer that is full only by bytes gets the message, because the message is already leased. Returns null
    /// when all consumers are full by number.
    /// </summary>
    public LiveConsumer? GiveNext(QueueMessage message) =>
        Next(consumer => consumer.FreeLeases > 0 && consumer.TryWrite(message, leased: true)) ?? Next(consumer => consumer.TryWrite(message, leased: true));

    /// <summary>
    /// Returns the next consumers that meet a condition, at most <paramref name="most"/> of them. The next call
    /// continues with the next consumers.
    /// </summary>
    public List<LiveConsumer> Next(int most, Func<LiveConsumer, bool> condition)
    {
        var found = new List<LiveConsumer>();
        for (var left = _rotation.Count; left > 0 && found.Count < most; left--)
        {
            var next = NextInRotation();
            if (condition(next)) found.Add(next);
        }
        return found;
    }

    private LiveConsumer? Next(Func<LiveConsumer, bool> condition)
    {
        for (var left = _rotation.Count; left > 0; left--)
        {
            var next = NextInRotation();
            if (condition(next)) return next;
        }
        return null;
    }

    // Moves the first consumer to the end and returns it.
    private LiveConsumer NextInRotation()
    {
        var node = _rotation.First!;
        _rotation.RemoveFirst();
        _rotation.AddLast(node);
        return node.Value;
    }
}
