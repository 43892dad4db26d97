namespace RestMq.Model;

/// <summary>
/// What a caller has seen of a queue, which commands choose from: ids that were given out, and receipts. Both stores of a step choose from what
/// was seen before it.
/// </summary>
internal sealed class Seen(QueueName queue)
{
    private readonly List<Receipt> _receipts = [];
    private readonly List<Receipt> _new = [];
    private long _lastId;
    private long _newId;

    public QueueName Queue => queue;

    public void Note(IEnumerable<QueueMessage> handedOut) => _new.AddRange(handedOut.Select(message => message.Receipt));

    public void Note(IEnumerable<AddResult> added) => _newId = added.Select(result => result.Key.Id).Append(_newId).Max();

    public void EndStep()
    {
        _receipts.AddRange(_new.Except(_receipts));
        _new.Clear();
        _lastId = _newId;
    }

    /// <summary>A key, mostly of a message that was there at some time.</summary>
    public MessageKey Key(int pick) => new(queue, 1 + (pick % (_lastId + 1)));

    /// <summary>A receipt, the latest more often than not.</summary>
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

/// <summary>Which fence a receipt is given.</summary>
internal enum Fence
{
    Right,
    Before,
    After,
    None,
}
