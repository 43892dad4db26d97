using RestMq.Stores;

namespace RestMq.Memory;

/// <summary>A message in memory and the place it is in. All times are in ticks of the store's clock.</summary>
internal sealed class MemoryMessage(long id, in NewMessage message, long added, long dies)
{
    /// <summary>The time that never comes.</summary>
    public const long Never = long.MaxValue;

    /// <summary>
    /// By when a lease or a delay ends; those that end together in the order in which they were added.
    /// </summary>
    public static readonly IComparer<MemoryMessage> ByDue = Comparer<MemoryMessage>.Create(
        static (a, b) => a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Id.CompareTo(b.Id));

    /// <summary>In the order in which they were added.</summary>
    public static readonly IComparer<MemoryMessage> ById = Comparer<MemoryMessage>.Create(static (a, b) => a.Id.CompareTo(b.Id));

    /// <summary>By when they die.</summary>
    public static readonly IComparer<MemoryMessage> ByDeath = Comparer<MemoryMessage>.Create(
        static (a, b) => a.Dies != b.Dies ? a.Dies.CompareTo(b.Dies) : a.Id.CompareTo(b.Id));

    private readonly MessageBody _body = message.Body;
    private readonly string? _traceParent = message.TraceParent;
    private readonly string? _traceState = message.TraceState;

    public long Id => id;

    /// <summary>Its body, in bytes.</summary>
    public int Size => _body.Bytes.Length;

    public long Added => added;

    /// <summary>When it is not worth keeping any more; <see cref="Never"/> for most.</summary>
    public long Dies { get; set; } = dies;

    /// <summary>
    /// The hand-outs that are over, as <see cref="HandOuts"/> has them. The one under way has the fence <c>Past +
    /// 1</c>.
    /// </summary>
    public long Past { get; set; }

    public MessageState State { get; set; }

    /// <summary>Whether it is ready and was delivered before.</summary>
    public bool IsBack { get; set; }

    /// <summary>
    /// When its lease or its delay ends. It must not change while the message is in a set ordered by it.
    /// </summary>
    public long Due { get; set; }

    /// <summary>Why it was buried.</summary>
    public string? Reason { get; set; }

    /// <summary>The neighbour towards the head, in the list that holds the message.</summary>
    public MemoryMessage? Previous { get; set; }

    /// <summary>The neighbour towards the tail.</summary>
    public MemoryMessage? Next { get; set; }

    public QueueMessage ToQueueMessage(QueueName queue, long handOuts, long sequence = 0)
    {
        var count = HandOuts.Count(handOuts);
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
