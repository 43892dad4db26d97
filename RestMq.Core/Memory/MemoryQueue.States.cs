using RestMq.Stores;

namespace RestMq.Memory;

/// <summary>
/// Holds the messages of a queue by state, each message in exactly one collection. Messages that wait for a caller are
/// in lists, and messages whose state ends by time are in sorted sets. Ready and delayed messages with a time to live
/// are also in <c>_mortal</c>. A message in flight may still be acked after its time to live, and dead letters do not
/// expire. The cost of an operation grows at most with the logarithm of the length of the queue.
/// </summary>
internal sealed partial class MemoryQueue
{
    private const int RoomKept = 10_000;

    private readonly Dictionary<long, MemoryMessage> _messages = [];
    private readonly MemoryList _ready = new();
    // Ready messages that were delivered before. They come before the other ready messages, in the order of their ids.
    private readonly SortedSet<MemoryMessage> _back = new(MemoryMessage.ById);
    private readonly MemoryList _dead = new();
    private readonly SortedSet<MemoryMessage> _leased = new(MemoryMessage.ByDue);
    private readonly SortedSet<MemoryMessage> _delayed = new(MemoryMessage.ByDue);
    private readonly SortedSet<MemoryMessage> _mortal = new(MemoryMessage.ByDeath);
    private bool _changed;
    private bool _moved;

    // Shared by all queues of a thread: a step takes it and clears it.
    [ThreadStatic]
    private static List<MemoryMessage>? _due;

    // How many messages expired or were buried in this step without a caller asking for it.
    private (long Expired, long Buried) _removed;

    // Deliveries that ended while acknowledged streams may hold messages. They free slots of these streams.
    private readonly List<Receipt> _ended = [];
    private long _watchedUntil;

    /// <summary>Returns the wake-up that the last step requires, or null, and resets it.</summary>
    public QueueWakeUp? TakeWakeUp()
    {
        var changed = _changed || (_moved && ReadyCount > 0) || _ended.Count > 0;
        _changed = _moved = false;
        if (!changed) return null;
        if (_ended.Count == 0) return QueueWakeUp.Changed;
        var wakeUp = QueueWakeUp.Changed with { Ended = [.. _ended] };
        _ended.Clear();
        return wakeUp;
    }

    /// <summary>
    /// Returns how many messages expired or were buried in the last step without a caller asking for it, and resets the
    /// counts.
    /// </summary>
    public (long Expired, long Buried) TakeRemoved()
    {
        var removed = _removed;
        _removed = default;
        return removed;
    }

    // Deletes expired messages, idempotency keys whose window is over, and a history that got no message for an hour.
    private void Sweep(long now, int deaths = StoreLimits.Expired)
    {
        while (_onceUntil.TryPeek(out var once, out var until) && until <= now)
        {
            _onceUntil.Dequeue();
            if (_once.Remove(once)) Cost -= MemoryCosts.OfIdempotencyKey(once);
        }
        if (_logEnds <= now) ClearLog();
        for (var left = deaths; left > 0 && _mortal.Min is { } message && message.Dies <= now; left--) Die(message);
    }

    // Deletes expired messages. Then moves messages whose lease ended to the head. Moves messages whose delay ended to
    // the tail, or to the head if they were released with a delay.
    private void MoveDue(long now)
    {
        Sweep(now);

        var over = FirstDue(_leased, now);
        // Messages that become dead letters are buried in the order of their ids.
        over.Sort(MemoryMessage.ById);
        foreach (var message in over)
        {
            TellEnd(message, now);
            GiveBack(message, now, TimeSpan.Zero, counted: true);
        }

        var ripe = FirstDue(_delayed, now);
        _moved |= ripe.Count > 0;
        foreach (var message in ripe)
        {
            if (message.Past > 0) PutAtHead(message); else Put(message, MessageState.Ready);
        }
        // The list is reused for its capacity. It must not keep messages alive.
        ripe.Clear();
    }

    private void TellEnd(MemoryMessage message, long now)
    {
        if (now <= _watchedUntil) _ended.Add(new Receipt(new MessageKey(name, message.Id), message.Past + 1));
    }

    private List<MemoryMessage> FirstDue(SortedSet<MemoryMessage> places, long now)
    {
        var due = _due ??= new(StoreLimits.Moved);
        due.Clear();
        // Fast path, without the cost of an enumerator.
        if (places.Min is not { } first || first.Due > now) return due;
        foreach (var message in places)
        {
            if (message.Due > now || due.Count == StoreLimits.Moved) break;
            due.Add(message);
        }
        return due;
    }

    // Returns how long until a message becomes ready by time. Zero when more messages are due than were moved.
    private TimeSpan? NextDue(long now)
    {
        var due = Math.Min(_leased.Min?.Due ?? MemoryMessage.Never, _delayed.Min?.Due ?? MemoryMessage.Never);
        return due == MemoryMessage.Never ? null : TimeSpan.FromTicks(Math.Max(due - now, 0));
    }

    // Returns any message in a state, the one that is fastest to get. Returns null when there is none. Messages that
    // are due to leave the state do not count.
    private MemoryMessage? Next(MessageState state, long now) => state switch
    {
        MessageState.Leased => _leased.Max is { } leased && leased.Due > now ? leased : null,
        MessageState.Delayed => _delayed.Max is { } delayed && delayed.Due > now ? delayed : null,
        MessageState.Dead => _dead.First,
        _ => Head(now),
    };

    private int ReadyCount => _back.Count + _ready.Count;

    private MemoryMessage? First => _back.Min ?? _ready.First;

    // Returns the first ready message that has not expired.
    private MemoryMessage? Head(long now)
    {
        while (First is { } head)
        {
            if (head.Dies > now) return head;
            Die(head);
        }
        return null;
    }

    private void GiveBack(MemoryMessage message, long now, TimeSpan pause, bool counted)
    {
        if (counted) message.Past++;
        if (message.Dies <= now)
        {
            Die(message);
        }
        else if (counted && DeliveryNumbers.Count(message.Past) >= Settings.MaxReceives)
        {
            _removed.Buried++;
            Bury(message, $"max_receives ({Settings.MaxReceives}) reached");
        }
        else if (pause > TimeSpan.Zero)
        {
            Put(message, MessageState.Delayed, now + pause.Ticks);
            _changed = true;
        }
        else
        {
            PutAtHead(message);
            _moved = true;
        }
    }

    private void Bury(MemoryMessage message, string? reason)
    {
        Cost += MemoryCosts.Of(reason) - MemoryCosts.Of(message.Reason);
        message.Reason = reason;
        Put(message, MessageState.Dead);
    }

    private void PutAtHead(MemoryMessage message)
    {
        Leave(message);
        message.IsBack = true;
        Enter(message, MessageState.Ready);
    }

    private void Put(MemoryMessage message, MessageState place, long due = 0)
    {
        Leave(message);
        Enter(message, place, due);
    }

    private void Die(MemoryMessage message)
    {
        _expired++;
        _removed.Expired++;
        Delete(message);
    }

    private void Delete(MemoryMessage message)
    {
        Leave(message);
        _messages.Remove(message.Id);
        Cost -= message.Cost + MemoryCosts.Of(message.Reason);
        // An empty queue that once held millions of messages must not keep the memory for them.
        if (_messages.Count == 0 && _messages.Capacity > RoomKept) _messages.TrimExcess();
    }

    private void Enter(MemoryMessage message, MessageState place, long due = 0)
    {
        message.State = place;
        message.Due = due;
        switch (place)
        {
            case MessageState.Leased: _leased.Add(message); break;
            case MessageState.Delayed: _delayed.Add(message); break;
            case MessageState.Dead: _dead.AddLast(message); break;
            case MessageState.Ready when message.IsBack: _back.Add(message); break;
            default: _ready.AddLast(message); break;
        }
        if (MayDie(message)) _mortal.Add(message);
    }

    private void Leave(MemoryMessage message)
    {
        if (MayDie(message)) _mortal.Remove(message);
        switch (message.State)
        {
            case MessageState.Leased: _leased.Remove(message); break;
            case MessageState.Delayed: _delayed.Remove(message); break;
            case MessageState.Dead: _dead.Remove(message); break;
            case MessageState.Ready when message.IsBack: _back.Remove(message); break;
            default: _ready.Remove(message); break;
        }
        message.IsBack = false;
    }

    private static bool MayDie(MemoryMessage message) =>
        message.Dies != MemoryMessage.Never && message.State is MessageState.Ready or MessageState.Delayed;
}
