using RestMq.Stores;

namespace RestMq.Memory;

/// <summary>Moves messages to the history of a broadcast queue, and reads it.</summary>
internal sealed partial class MemoryQueue
{
    // The history by sequence. It has no gaps, so its first sequence is LastSequence - Count + 1. It is kept for an
    // hour after its last message.
    private readonly Dictionary<long, QueueMessage> _log = [];

    // The messages that the last step of a broadcast moved, until another call reads the history.
    private readonly List<MemoryMessage> _lastMoved = [];
    private long _logBytes;
    private long _logEnds;

    public BroadcastBatch Broadcast(BroadcastRequest request, long now)
    {
        MoveDue(now);
        var more = false;
        _lastMoved.Clear();
        // A sequence beyond the end counts as the end. Otherwise its consumer would wait for the history to reach it.
        var after = Math.Min(request.After ?? LastSequence, LastSequence);
        if (Settings is { Stopped: false, Policy: QueuePolicy.Broadcast } && request.Move > 0)
        {
            // Moves no more than is read below. With a history of 0 messages, a moved message that is not read is lost.
            var (left, bytesLeft) = (request.Move, request.Bytes);
            for (; left > 0 && bytesLeft > 0 && Head(now) is { } head; left--)
            {
                var moved = head.ToQueueMessage(name, head.Past + 1, ++LastSequence);
                _log.Add(LastSequence, moved);
                Cost += MemoryCosts.OfLogged(moved);
                _logBytes += moved.Body.Bytes.Length;
                _lastMoved.Add(head);
                bytesLeft -= moved.Body.Bytes.Length;
                Delete(head);
            }
            more = (left == 0 || bytesLeft <= 0) && ReadyCount > 0;
            _settled += request.Move - left;
            if (left < request.Move) _logEnds = now + StoreLimits.HistoryLife.Ticks;
            _changed |= left < request.Move;
        }

        var messages = new List<QueueMessage>();
        var bytes = request.Bytes;
        for (var at = Math.Max(after, LastSequence - _log.Count); at < LastSequence && messages.Count < request.Read && bytes > 0;)
        {
            messages.Add(_log[++at]);
            bytes -= messages[^1].Body.Bytes.Length;
        }
        // Trims after the read, so that the caller gets the moved messages even with a history of 0 messages.
        var count = _lastMoved.Count;
        TrimLog();
        return new BroadcastBatch(messages, after, LastSequence, more ? TimeSpan.Zero : NextDue(now), Live, count);
    }

    public bool Withdraw(long last, int moved)
    {
        if (last != LastSequence || moved != _lastMoved.Count) return false;
        foreach (var message in _lastMoved)
        {
            message.IsBack = true;
            _messages.Add(message.Id, message);
            Cost += message.Cost;
            Enter(message, MessageState.Ready);
            DropFromLog(LastSequence--);
        }
        _lastMoved.Clear();
        _settled -= moved;
        _changed = true;
        return true;
    }

    private void TrimLog()
    {
        while (_log.Count > Settings.History || _logBytes > Settings.HistoryBytes) DropFromLog(LastSequence - _log.Count + 1);
        if (_lastMoved.Count > _log.Count) _lastMoved.Clear();
    }

    private void DropFromLog(long sequence)
    {
        if (!_log.Remove(sequence, out var dropped)) return;
        _logBytes -= dropped.Body.Bytes.Length;
        Cost -= MemoryCosts.OfLogged(dropped);
    }

    private void ClearLog()
    {
        foreach (var logged in _log.Values) Cost -= MemoryCosts.OfLogged(logged);
        _log.Clear();
        _logBytes = 0;
        _lastMoved.Clear();
    }
}
