namespace RestMq.Ledger.Soak;

internal enum QueueKind
{
    Broadcast,
    RoundRobin,
    Held,
    Taken,
    Leased,
}

/// <summary>
/// Records what became of the messages of a soak queue. Its memory use depends only on the messages that have not
/// arrived yet.
/// </summary>
internal sealed class SoakQueue(int number, QueueKind kind) : IOutcomes
{
    private readonly Lock _lock = new();
    private readonly HashSet<int> _pending = [];
    private readonly HashSet<int> _doubtful = [];
    private readonly List<Reader> _readers = [];
    private int _last = -1;

    public string Name { get; } = $"soak-{number}";

    public int Number => number;

    public QueueKind Kind => kind;

    public long Sent { get; private set; }

    public long Delivered { get; private set; }

    public int Duplicated { get; private set; }

    public int InDoubtCount => _doubtful.Count;

    /// <summary>
    /// Gets the number of messages that were sent and have not arrived. For a broadcast, it counts what the slowest
    /// consumer lacks.
    /// </summary>
    public int OnTheirWay
    {
        get
        {
            lock (_lock) return kind == QueueKind.Broadcast ? _readers.Max(reader => _last - reader.Last) : _pending.Count;
        }
    }

    /// <summary>
    /// Gets the number of lost messages, at the end. These are acknowledged messages that did not arrive, or messages
    /// of a broadcast that a consumer did not receive.
    /// </summary>
    public int Lost
    {
        get
        {
            lock (_lock) return kind == QueueKind.Broadcast ? _readers.Sum(reader => reader.Missed + Missing(reader.Last, _last + 1)) : _pending.Except(_doubtful).Count();
        }
    }

    public void Sending(Entry entry)
    {
        lock (_lock)
        {
            Sent++;
            _last = entry.Number;
            if (kind != QueueKind.Broadcast) _pending.Add(entry.Number);
        }
    }

    public void Acknowledged(Entry entry, long id)
    {
        // Only the arrival of a message counts.
    }

    public void InDoubt(Entry entry)
    {
        lock (_lock) _doubtful.Add(entry.Number);
    }

    /// <summary>Adds a consumer, and returns the method that records its messages.</summary>
    public Action<ReceivedMessage> NewReader()
    {
        lock (_lock)
        {
            var reader = new Reader();
            _readers.Add(reader);
            return message => Got(reader, message.Entry);
        }
    }

    private void Got(Reader reader, Entry entry)
    {
        if (entry.Producer != number)
            throw new InvalidDataException($"{Name} must deliver only its own messages, but delivered: {entry}");
        lock (_lock)
        {
            Delivered++;
            if (kind != QueueKind.Broadcast)
            {
                if (!_pending.Remove(entry.Number)) Duplicated++;
                return;
            }
            if (entry.Number <= reader.Last)
            {
                Duplicated++;
                return;
            }
            reader.Missed += Missing(reader.Last, entry.Number);
            reader.Last = entry.Number;
        }
    }

    private int Missing(int after, int before) => before - after - 1 - _doubtful.Count(doubtful => doubtful > after && doubtful < before);

    private sealed class Reader
    {
        public int Last { get; set; } = -1;

        public int Missed { get; set; }
    }
}
