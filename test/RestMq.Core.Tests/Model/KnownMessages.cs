namespace RestMq.Model;

/// <summary>
/// Holds the ids and receipts that a caller has seen of a queue. Commands choose from them. In one step, both stores
/// choose from what was seen before the step.
/// </summary>
internal sealed class KnownMessages(QueueName queue)
{
    private readonly List<Receipt> _receipts = [];
    private readonly List<Receipt> _new = [];
    private long _lastId;
    private long _newId;

    public QueueName Queue => queue;

    public void Note(IEnumerable<QueueMessage> delivered) => _new.AddRange(delivered.Select(message => message.Receipt));

    public void Note(IEnumerable<AddResult> added) => _newId = added.Select(result => result.Key.Id).Append(_newId).Max();

    public void EndStep()
    {
        _receipts.AddRange(_new.Except(_receipts));
        _new.Clear();
        _lastId = _newId;
    }

    /// <summary>Returns a key, mostly of a message that existed at some time.</summary>
    public MessageKey Key(int pick) => new(queue, 1 + (pick % (_lastId + 1)));

    /// <summary>Returns a receipt, more often a recent one.</summary>
    public Receipt Receipt(int pick, Fence fence)
    {
        if (fence is Fence.None) return new Receipt(Key(pick), 0);
        var known = _receipts.Count == 0 ? new Receipt(Key(pick), 1) : _receipts[^(1 + (pick % Math.Min(_receipts.Count, pick % 4 == 0 ? 100 : 6)))];
        return fence switch
        {
            Fence.Before => known with { Fence = Math.Max(known.Fence - 1, 1) },
            Fence.After => known with { Fence = known.Fence + 1 },
            _ => known,
        };
    }
}

/// <summary>Lists the delivery numbers that a receipt can be given, relative to the right one.</summary>
internal enum Fence
{
    Right,
    Before,
    After,
    None,
}
