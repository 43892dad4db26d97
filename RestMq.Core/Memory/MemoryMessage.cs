using RestMq.Stores;

namespace RestMq.Memory;

/// <summary>Holds a message in memory and its state. All times are in ticks of the store's clock.</summary>
internal sealed class MemoryMessage(long id, in NewMessage message, long added, long dies)
{
    /// <summary>A time that never comes.</summary>
    public const long Never = long.MaxValue;

    /// <summary>
    /// Orders messages by the end of their lease or delay. Messages that end together are in the order of their ids.
    /// </summary>
    public static readonly IComparer<MemoryMessage> ByDue = Comparer<MemoryMessage>.Create(
        static (a, b) => a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Id.CompareTo(b.Id));

    /// <summary>Orders messages by their ids, which is the order in which they were added.</summary>
    public static readonly IComparer<MemoryMessage> ById = Comparer<MemoryMessage>.Create(static (a, b) => a.Id.CompareTo(b.Id));

    /// <summary>Orders messages by the end of their time to live.</summary>
    public static readonly IComparer<MemoryMessage> ByDeath = Comparer<MemoryMessage>.Create(
        static (a, b) => a.Dies != b.Dies ? a.Dies.CompareTo(b.Dies) : a.Id.CompareTo(b.Id));

    private readonly MessageBody _body = message.Body;
    private readonly string? _traceParent = message.TraceParent;
    private readonly string? _traceState = message.TraceState;

    public long Id => id;

    /// <summary>Gets the size of the body, in bytes.</summary>
    public int Size => _body.Bytes.Length;

    /// <summary>Gets the bytes that the message takes in memory, without <see cref="Reason"/>.</summary>
    public long Cost { get; } = MemoryCosts.Of(message);

    public long Added => added;

    /// <summary>Gets or sets the end of the time to live. <see cref="Never"/> without one.</summary>
    public long Dies { get; set; } = dies;

    /// <summary>
    /// Gets or sets the deliveries that have ended, encoded as in <see cref="DeliveryNumbers"/>. The fence of a delivery in
    /// flight is <c>Past + 1</c>.
    /// </summary>
    public long Past { get; set; }

    public MessageState State { get; set; }

    /// <summary>Gets or sets whether the message is ready and was delivered before.</summary>
    public bool IsBack { get; set; }

    /// <summary>
    /// Gets or sets the end of the lease or the delay. It must not change while the message is in a set that is ordered
    /// by it.
    /// </summary>
    public long Due { get; set; }

    /// <summary>Gets or sets why the message was buried.</summary>
    public string? Reason { get; set; }

    /// <summary>Gets or sets the neighbor towards the head, in the list that holds the message.</summary>
    public MemoryMessage? Previous { get; set; }

    /// <summary>Gets or sets the neighbor towards the tail.</summary>
    public MemoryMessage? Next { get; set; }

    public QueueMessage ToQueueMessage(QueueName queue, long handOuts, long sequence = 0)
    {
        var count = DeliveryNumbers.Count(handOuts);
        return new(new MessageKey(queue, id), _body, count, At(added))
        {
            FencesBefore = handOuts - count, Sequence = sequence, TraceParent = _traceParent, TraceState = _traceState,
        };
    }

    public MessageSnapshot ToSnapshot(QueueName queue) => new(
        ToQueueMessage(queue, State is MessageState.Leased ? Past + 1 : Past),
        State,
        State is MessageState.Leased or MessageState.Delayed ? At(Due) : null,
        State is MessageState.Dead ? Reason : null);

    private static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);
}
