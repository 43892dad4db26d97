namespace RestMq.Memory;

/// <summary>
/// Holds messages in order, as a doubly linked list whose links are in the messages. Removing a message from the middle
/// is one step, so deleted messages need no tombstones and no compaction.
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
        // A removed message must not keep its old neighbors from being garbage collected.
        message.Previous = message.Next = null;
        Count--;
    }

    public IEnumerable<MemoryMessage> FromLast()
    {
        for (var message = Last; message is not null; message = message.Previous) yield return message;
    }
}
