using System.Threading.Channels;
using RestMq.Telemetry;

namespace RestMq.Delivery;

/// <summary>One live consumer: a bounded channel between the pump, which writes, and a transport, which reads.</summary>
internal sealed class LiveConsumer(QueuePump pump, QueueName queue, int buffer, LiveConsumerOptions options) : ILiveConsumer
{
    // However few the messages, a consumer is full with this much of them: a hundred of a megabyte would be no bound.
    public const long MaxBufferedBytes = 2 * 1024 * 1024;

    // A message of its own in a slow consumer's buffer is one that a quicker consumer does not get, so little is given ahead.
    private const int Ahead = 10;

    // With a place for a gap, which must not take a message's: room is counted in messages.
    private readonly Channel<LiveEvent> _channel = Channel.CreateBounded<LiveEvent>(
        new BoundedChannelOptions(buffer + 1) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly Lock _lock = new();
    private readonly LinkedList<QueueMessage> _own = new();
    private readonly int _mostOwn = options.Lease is null ? Ahead : options.Prefetch;
    private long _bufferedBytes;
    private int _buffered;
    private int _quiet; // seconds
    private bool _owesGap;

    public QueueName Queue => queue;

    public long? BeginsAfter => options.Lease is null ? options.ResumeAfter : null;

    public ChannelReader<LiveEvent> Events => _channel.Reader;

    /// <summary>For how long its messages are its own to settle; null when what has been written is delivered.</summary>
    public TimeSpan? Lease => options.Lease;

    /// <summary>Its place in the rotation; the pump's.</summary>
    public LinkedListNode<LiveConsumer>? Place { get; set; }

    /// <summary>Its number, in the order in which consumers were bound; the pump's.</summary>
    public long Number { get; set; }

    /// <summary>The epoch of the queue in which it began; null until the store has told one. The pump's.</summary>
    public long? Epoch { get; set; }

    /// <summary>The last sequence of the live log that was put in the channel; without meaning for one with a lease. The pump's.</summary>
    public long Cursor { get; set; } = options.ResumeAfter ?? 0;

    /// <summary>How many messages may be fetched for it now; 0 when it is full, by number or by bytes, or has ended.</summary>
    public int Room
    {
        get
        {
            lock (_lock) return _bufferedBytes >= MaxBufferedBytes ? 0 : Places;
        }
    }

    /// <summary>How many messages of its own it takes now.</summary>
    public int OwnRoom
    {
        get
        {
            lock (_lock) return Math.Min(Room, Math.Max(_mostOwn - _own.Count, 0));
        }
    }

    /// <summary>How much its messages may have now until it is full.</summary>
    public long RoomInBytes
    {
        get
        {
            lock (_lock) return Math.Max(MaxBufferedBytes - _bufferedBytes, 0);
        }
    }

    /// <summary>The messages that are its own and not known to be settled.</summary>
    public IReadOnlyList<QueueMessage> Own
    {
        get
        {
            lock (_lock) return [.. _own];
        }
    }

    /// <summary>Whether its stream has been ended.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whether it could not be told of a gap, since it has not read all that is before it: until then there is nothing to give to it.</summary>
    public bool MustReadFirst => _owesGap && _channel.Reader.Count > 0;

    // What was fetched for it is not refused for its size.
    private int Places => HasEnded ? 0 : Math.Max(buffer - _buffered, 0);

    /// <summary>Gives it a message; false when it is full by number or has ended.</summary>
    /// <param name="message">The message.</param>
    /// <param name="missed">How many were missed before it.</param>
    /// <param name="own">Whether the message is for it alone, and goes back if it goes away first.</param>
    public bool TryWrite(QueueMessage message, long missed = 0, bool own = false)
    {
        lock (_lock)
        {
            if (Places == 0 || (own && _own.Count >= _mostOwn) || !_channel.Writer.TryWrite(new LiveEvent(message, missed))) return false;
            if (own) _own.AddLast(message);
            _quiet = 0;
            _owesGap = false;
            _buffered++;
            _bufferedBytes += message.Body.Bytes.Length;
            return true;
        }
    }

    /// <summary>Tells it of messages that are gone; false when it has not read all that is before them, or has ended.</summary>
    public bool TryWriteGap(long missed)
    {
        _owesGap = _channel.Reader.Count > 0;
        return !_owesGap && _channel.Writer.TryWrite(new LiveEvent(null, missed));
    }

    /// <summary>Counts a second; when nothing came for the time of the heartbeat, and nothing waits to be read, an event says that the stream lives.</summary>
    public void CountSecond()
    {
        if (options.Heartbeat is not { } heartbeat) return;
        lock (_lock)
        {
            // The second in which a message came has only partly passed; the one after a heartbeat passes whole.
            if (++_quiet <= heartbeat.TotalSeconds || _channel.Reader.Count > 0) return;
            _quiet = 1;
            _channel.Writer.TryWrite(default);
        }
    }

    public void Delivered(QueueMessage message)
    {
        bool settle;
        lock (_lock)
        {
            _buffered--;
            _bufferedBytes -= message.Body.Bytes.Length;
            settle = Lease is null && _own.Remove(message);
        }
        if (settle) pump.Settle(message);
        pump.Metrics.Delivered(queue);
        QueueTraces.Delivered(message);
        pump.RoomMade();
    }

    /// <summary>Says that a message of its own is no longer: it was settled, or its lease is over.</summary>
    public void Release(QueueMessage message)
    {
        lock (_lock) _own.Remove(message);
    }

    /// <summary>Ends the stream: the transport reads what is buffered, then sees the end.</summary>
    public void End()
    {
        lock (_lock) HasEnded = true;
        _channel.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        List<Settlement> back;
        lock (_lock)
        {
            End();
            // Those that the transport has read may have been seen, so their hand-out counts; the others were never on the wire.
            var unread = new HashSet<Receipt>();
            while (_channel.Reader.TryRead(out var next))
            {
                if (next.Message is { } message) unread.Add(message.Receipt);
            }
            back = [.. _own.Select(m => new Settlement(m.Receipt, unread.Contains(m.Receipt) ? SettleAction.Return : SettleAction.Release))];
            _own.Clear();
        }
        await pump.UnbindAsync(this, back).ConfigureAwait(false);
    }
}
