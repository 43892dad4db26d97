namespace RestMq.Memory;

/// <summary>
/// Messages in order, linked through themselves: taking one out of the middle is one step and leaves nothing behind, so
/// deleted messages need no tombstones and no compaction.
/// </summary>
internal sealed class MemoryList
{
    public MemoryMessage? First { get; private set; }

    public MemoryMessage? Last { get; private set; }

    public int Count { get; private set; }

    public void AddLast(MemoryMessage message)
    {
        message.Previous = Last;
        message.Next = null;
        if (Last is null) First = message; else Last.Next = message;
        Last = message;
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
