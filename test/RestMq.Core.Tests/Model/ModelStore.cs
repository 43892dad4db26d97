using System.Text;
using RestMq.Stores;

namespace RestMq.Model;

/// <summary>
/// Models a store as plain queues by name. The first add or change of settings creates a queue. A purged queue leaves
/// its counters behind.
/// </summary>
internal sealed class ModelStore(TimeProvider time, TimeSpan idempotencyWindow) : IQueueStore
{
    private readonly Dictionary<QueueName, ModelQueue> _queues = [];
    private readonly Dictionary<QueueName, ModelQueue> _purged = [];

    public string Description => "model";

    public bool IsRemote => false;

    /// <inheritdoc cref="ModelQueue.Outlook"/>
    public (bool HasReady, DateTimeOffset? Due) Outlook(QueueName queue) => Find(queue).Outlook;

    public ValueTask<AddResult[]> AddAsync(QueueName queue, IReadOnlyList<NewMessage> messages, bool allOrNothing, CancellationToken cancellationToken) =>
        new(Create(queue).Add(messages, allOrNothing));

    public ValueTask<LeasedBatch> LeaseAsync(QueueName queue, IReadOnlyList<LeaseRequest> requests, CancellationToken cancellationToken) =>
        new(Find(queue).Lease(requests));

    public ValueTask<SettleResult[]> SettleAsync(QueueName queue, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken) =>
        new(Find(queue).Settle(settlements));

    public ValueTask<bool[]> HoldsAsync(QueueName queue, IReadOnlyList<Receipt> receipts, CancellationToken cancellationToken) =>
        new(Find(queue).Holds(receipts));

    public ValueTask<QueueMessage?> PeekHeadAsync(QueueName queue, bool countsDelivery, CancellationToken cancellationToken) =>
        new(Find(queue).PeekHead(countsDelivery));

    public ValueTask<BroadcastBatch> BroadcastAsync(QueueName queue, BroadcastRequest request, CancellationToken cancellationToken) =>
        new(Find(queue).Broadcast(request));

    public ValueTask<MessageSnapshot?> PeekAsync(MessageKey key, CancellationToken cancellationToken) => new(Find(key.Queue).Peek(key.Id));

    public ValueTask<IReadOnlyList<MessageSnapshot>> BrowseAsync(QueueName queue, MessageState state, int count, CancellationToken cancellationToken) =>
        new(Find(queue).Browse(state, count));

    public ValueTask<bool> DeleteQueueAsync(QueueName queue, CancellationToken cancellationToken)
    {
        if (!_queues.Remove(queue, out var purged)) return new(false);
        _purged[queue] = purged;
        return new(true);
    }

    public ValueTask<IReadOnlyList<QueueName>> ListAsync(QueueName? after, int max, CancellationToken cancellationToken) => new(
        [.. _queues.Keys.Where(name => after is null || Compare(name, after) > 0).Order(Comparer<QueueName>.Create(Compare)).Take(max)]);

    public ValueTask<long> RebuildIndexAsync(CancellationToken cancellationToken) => new(_queues.Count);

    public ValueTask<QueueSettings> ConfigureAsync(QueueName queue, QueueSettingsChange change, CancellationToken cancellationToken) =>
        new(change.IsEmpty ? Find(queue).Settings : Create(queue).Configure(change));

    public ValueTask<long> RedriveAsync(QueueName queue, CancellationToken cancellationToken) => new(Find(queue).Redrive());

    public ValueTask<bool> RedriveAsync(MessageKey key, CancellationToken cancellationToken) => new(Find(key.Queue).Redrive(key.Id));

    public ValueTask<Purged> PurgeAsync(QueueName queue, MessageState state, CancellationToken cancellationToken) => new(Find(queue).Purge(state));

    public ValueTask<QueueStats> StatsAsync(QueueName queue, CancellationToken cancellationToken) => new(Find(queue).Stats());

    public ValueTask<IAsyncDisposable> ListenAsync(QueueName queue, Action<QueueWakeUp> onWakeUp, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The model sends no wake-ups.");

    public bool Knows(QueueName queue) => _queues.ContainsKey(queue);

    public ValueTask<bool> ExistsAsync(QueueName queue, CancellationToken cancellationToken) => new(Knows(queue));

    private static int Compare(QueueName one, QueueName other) => Encoding.UTF8.GetBytes(one.Value).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(other.Value));

    private ModelQueue Create(QueueName queue) => _queues.TryGetValue(queue, out var found) ? found : _queues[queue] = New(queue);

    // Returns a temporary queue when none exists. It is empty, not stored and not listed.
    private ModelQueue Find(QueueName queue) => _queues.GetValueOrDefault(queue) ?? New(queue);

    private ModelQueue New(QueueName queue)
    {
        var before = _purged.GetValueOrDefault(queue);
        return new ModelQueue(queue, before?.LastId ?? 0, before?.LastSequence ?? 0, idempotencyWindow, time);
    }
}
