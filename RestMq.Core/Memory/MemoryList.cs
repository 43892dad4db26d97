namespace RestMq.Memory;

/// <summary>
/// Messages in order, linked through themselves: taking one out of the middle is one step and leaves nothing behind, so deleted messages
/// need no tombstones and no compaction.
/// </summary>
internal sealed class MemoryList
{
    public MemoryMessage? First { get; private set; }

    public MemoryMessage? Last { get; private set; }

    public int Count { get; private set; }

    public void AddLast(MemoryMessage message) => Insert(Last, message);

    /// <summary>Puts a message behind another of this list; behind null is at the head.</summary>
    public void Insert(MemoryMessage? after, MemoryMessage message)
    {
        var before = after is null ? First : after.Next;
        message.Previous = after;
        message.Next = before;
        if (after is null) First = message; else after.Next = message;
        if (before is null) Last = message; else before.Previous = message;
        Count++;
    }

    public void Remove(MemoryMessage message)
    {
        if (message.Previous is null) First = message.Next; else message.Previous.Next = message.Next;
        if (message.Next is null) Last = message.Previous; else message.Next.Previous = message.Previous;
        // A message that is gone must not keep its old neighbours from being collected.
        message.Previous = message.Next = null;
        Count--;
    }

    public IEnumerable<MemoryMessage> FromLast()
    {
        for (var message = Last; message is not null; message = message.Previous) yield return message;
    }
}
