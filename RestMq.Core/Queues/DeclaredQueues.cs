namespace RestMq;

/// <summary>Holds the declared settings by the names of their queues.</summary>
internal sealed class DeclaredQueues
{
    private readonly SortedDictionary<string, QueueDeclaration> _queues = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, QueueDeclaration> All => _queues;

    /// <summary>Returns the declaration of a queue. Creates it when there is none.</summary>
    public QueueDeclaration Of(string name)
    {
        if (!_queues.TryGetValue(name, out var queue)) _queues.Add(name, queue = new QueueDeclaration());
        return queue;
    }
}
