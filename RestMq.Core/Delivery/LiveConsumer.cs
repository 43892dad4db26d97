using System.Threading.Channels;

namespace RestMq.Delivery;

/// <summary>One live consumer: a bounded channel between the pump and a transport. The pump writes, the transport reads.</summary>
internal sealed class LiveConsumer(QueuePump pump, QueueName queue, int buffer, long? resumeAfter) : ILiveConsumer
{
    // However few the messages, a consumer is full with this much of them: a hundred of a megabyte would be no bound.
    private const long MaxBufferedBytes = 2 * 1024 * 1024;

    // With a place for a gap, which must not take a message's: room is counted in messages.
    private readonly Channel<LiveEvent> _channel = Channel.CreateBounded<LiveEvent>(
        new BoundedChannelOptions(buffer + 1) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly Lock _lock = new();
    private readonly LinkedList<QueueMessage> _owed = new();
    private long _bufferedBytes;
    private int _buffered;
    private volatile bool _ended;

    public QueueName Queue => queue;

    public ChannelReader<LiveEvent> Events => _channel.Reader;

    /// <summary>The last sequence of the live log that was put in the channel; null until the pump has met the log. Only the pump touches it.</summary>
    public long? Cursor { get; set; } = resumeAfter;

    /// <summary>How many messages may be fetched for it now; 0 when it is full, by number or by bytes, or has ended.</summary>
    public int Room => Volatile.Read(ref _bufferedBytes) >= MaxBufferedBytes ? 0 : Places;

    // What was fetched for it is not refused for its size.
    private int Places => _ended ? 0 : Math.Max(buffer - Volatile.Read(ref _buffered), 0);

    /// <summary>Gives it a message; false when it is full by number or has ended.</summary>
    /// <param name="message">The message.</param>
    /// <param name="missed">How many were missed before it.</param>
    /// <param name="owed">Whether the message is the consumer's alone, and goes back if it is not delivered.</param>
    public bool TryWrite(QueueMessage message, long missed, bool owed)
    {
        if (Places == 0) return false;
        lock (_lock)
        {
            if (!_channel.Writer.TryWrite(new LiveEvent(message, missed))) return false;
            if (owed) _owed.AddLast(message);
        }
        Interlocked.Increment(ref _buffered);
        Interlocked.Add(ref _bufferedBytes, message.Body.Bytes.Length);
        return true;
    }

    public void Delivered(QueueMessage message)
    {
        Interlocked.Decrement(ref _buffered);
        Interlocked.Add(ref _bufferedBytes, -message.Body.Bytes.Length);
        bool owed;
        lock (_lock) owed = _owed.Remove(message);
        if (owed) pump.Settle(message);
        pump.RoomMade();
    }

    /// <summary>Tells it of messages that are gone; false when it has not read all that is before them, or has ended.</summary>
    public bool TryWriteGap(long missed) => _channel.Reader.Count == 0 && _channel.Writer.TryWrite(new LiveEvent(null, missed));

    /// <summary>Ends the stream: the transport reads what is buffered, then sees the end.</summary>
    public void End()
    {
        _ended = true;
        _channel.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        List<Settlement> back;
        lock (_lock)
        {
            End();
            // Those that the transport has read may have been seen, so their hand-out counts; the others were never on the wire.
            var seen = _owed.Count - _channel.Reader.Count;
            back = [.. _owed.Select((m, i) => new Settlement(m.Receipt, i < seen ? SettleAction.Release : SettleAction.Return))];
            _owed.Clear();
        }
        await pump.UnbindAsync(this, back).ConfigureAwait(false);
    }
}
