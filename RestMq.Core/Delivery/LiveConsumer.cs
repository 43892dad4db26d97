using System.Threading.Channels;
using RestMq.Telemetry;

namespace RestMq.Delivery;

/// <summary>
/// Implements a live consumer as a bounded channel between the pump, which writes, and a transport, which reads.
/// </summary>
internal sealed class LiveConsumer(QueuePump pump, QueueName queue, int buffer, LiveConsumerOptions options) : ILiveConsumer
{
    // A consumer with this many bytes in its buffer is full, however few the messages are. A count alone would be no
    // limit: 100 messages of 1 MiB are 100 MiB.
    public const long MaxBufferedBytes = 2 * 1024 * 1024;

    // Under round robin, a message in a slow consumer's buffer is lost to quicker consumers. So each consumer gets only
    // this many messages ahead.
    private const int WriteAhead = 10;

    // The extra place is for a gap event. Slots count messages, so a gap event must not take the place of a message.
    private readonly Channel<LiveEvent> _channel = Channel.CreateBounded<LiveEvent>(
        new BoundedChannelOptions(buffer + 1) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly Lock _lock = new();
    private readonly LinkedList<QueueMessage> _leased = new();
    private readonly int _mostLeased = options.Lease is null ? WriteAhead : options.Prefetch;
    private long _bufferedBytes;
    private int _buffered;
    private int _quiet; // seconds
    private bool _owesGap;

    public QueueName Queue => queue;

    public long? BeginsAfter => options.Lease is null ? options.ResumeAfter : null;

    public ChannelReader<LiveEvent> Events => _channel.Reader;

    /// <summary>
    /// Gets the lease within which the consumer settles its messages. Null when a message counts as delivered once it
    /// is written.
    /// </summary>
    public TimeSpan? Lease => options.Lease;

    /// <summary>Gets or sets the place in the rotation. Only the pump uses it.</summary>
    public LinkedListNode<LiveConsumer>? Place { get; set; }

    /// <summary>
    /// Gets or sets the number of the consumer, in the order in which consumers were bound. Only the pump uses it.
    /// </summary>
    public long Number { get; set; }

    /// <summary>
    /// Gets or sets the epoch of the queue in which the consumer began. Null until the store has reported an epoch.
    /// Only the pump uses it.
    /// </summary>
    public long? Epoch { get; set; }

    /// <summary>
    /// Gets or sets the last sequence of the history that was written to the channel. Meaningless for a consumer with a
    /// lease. Only the pump uses it.
    /// </summary>
    public long Cursor { get; set; } = options.ResumeAfter ?? 0;

    /// <summary>
    /// Gets how many messages may be fetched for the consumer now. 0 when the consumer is full, by number or by bytes,
    /// or has ended.
    /// </summary>
    public int FreeSlots
    {
        get
        {
            lock (_lock) return _bufferedBytes >= MaxBufferedBytes ? 0 : FreePlaces;
        }
    }

    /// <summary>Gets how many messages that are leased for this consumer alone it can take now.</summary>
    public int FreeLeases
    {
        get
        {
            lock (_lock) return Math.Min(FreeSlots, Math.Max(_mostLeased - _leased.Count, 0));
        }
    }

    /// <summary>Gets how many bytes the consumer can take now until it is full.</summary>
    public long FreeBytes
    {
        get
        {
            lock (_lock) return Math.Max(MaxBufferedBytes - _bufferedBytes, 0);
        }
    }

    /// <summary>Gets the messages that are leased for this consumer alone and not known to be settled.</summary>
    public IReadOnlyList<QueueMessage> HeldMessages
    {
        get
        {
            lock (_lock) return [.. _leased];
        }
    }

    /// <summary>Gets whether the stream has ended.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>
    /// Gets whether the stream is open and its client connected, as far as this host can tell now. The transport ends the
    /// stream of a client that has left some time after that.
    /// </summary>
    public bool IsConnected => !HasEnded && (options.IsConnected is not { } isConnected || isConnected());

    /// <summary>
    /// Gets whether the consumer must read its buffered events before it can get a gap event. Until then, it gets no
    /// messages.
    /// </summary>
    public bool MustReadFirst => _owesGap && _channel.Reader.Count > 0;

    // Counts messages only: a message that was fetched for the consumer is not refused for its size.
    private int FreePlaces => HasEnded ? 0 : Math.Max(buffer - _buffered, 0);

    /// <summary>
    /// Writes a message to the channel. Returns false when the consumer is full by number or has ended.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="missed">How many messages were missed before the message.</param>
    /// <param name="leased">Whether the message is leased for this consumer alone. It goes back to the queue when the
    /// consumer leaves before it is settled.</param>
    public bool TryWrite(QueueMessage message, long missed = 0, bool leased = false)
    {
        lock (_lock)
        {
            if (FreePlaces == 0 || (leased && _leased.Count >= _mostLeased) || !_channel.Writer.TryWrite(new LiveEvent(message, missed))) return false;
            if (leased) _leased.AddLast(message);
            _quiet = 0;
            _owesGap = false;
            _buffered++;
            _bufferedBytes += message.Body.Bytes.Length;
            return true;
        }
    }

    /// <summary>
    /// Writes a gap event for missed messages. Returns false when the consumer has not read all earlier events, or has
    /// ended.
    /// </summary>
    public bool TryWriteGap(long missed)
    {
        _owesGap = _channel.Reader.Count > 0;
        return !_owesGap && _channel.Writer.TryWrite(new LiveEvent(null, missed));
    }

    /// <summary>
    /// Counts a second. Writes a heartbeat when no event came for the time of the heartbeat and no event waits to be
    /// read.
    /// </summary>
    public void CountSecond()
    {
        if (options.Heartbeat is not { } heartbeat) return;
        lock (_lock)
        {
            // After a message, the first second is not a full one, so it does not count. After a heartbeat, it is full.
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
            settle = Lease is null && _leased.Remove(message);
        }
        if (settle) pump.Settle(message);
        pump.Metrics.Delivered(queue);
        QueueTraces.Delivered(message);
        pump.SlotsFreed();
    }

    /// <summary>Removes a message from <see cref="HeldMessages"/>, because it was settled or its lease ended.</summary>
    public void Release(QueueMessage message)
    {
        lock (_lock) _leased.Remove(message);
    }

    /// <summary>Ends the stream. The transport reads the buffered events, then the end.</summary>
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
            // The client may have seen the messages that the transport has read, so their deliveries count (Release).
            // The unread messages were never written to the wire, so their deliveries do not count (Return).
            var unread = new HashSet<Receipt>();
            while (_channel.Reader.TryRead(out var next))
            {
                if (next.Message is { } message) unread.Add(message.Receipt);
            }
            back = [.. _leased.Select(m => new Settlement(m.Receipt, unread.Contains(m.Receipt) ? SettleAction.Return : SettleAction.Release))];
            _leased.Clear();
        }
        await pump.UnbindAsync(this, back).ConfigureAwait(false);
    }
}
