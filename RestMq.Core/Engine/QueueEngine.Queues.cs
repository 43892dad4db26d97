using RestMq.Stores;

namespace RestMq.Engine;

internal sealed partial class QueueEngine
{
    // The maximum that RedriveAsync of a store returns. When it returns this many, more dead letters may be left.
    private const int RedriveStep = 100;

    // A page of 1000 names, and one more name, which shows that there is another page.
    private const int MaxPage = 1001;

    // For how many queues statistics are requested at a time: enough to hide the round trips, and few enough to let
    // other calls run between them.
    private const int ConcurrentStats = 32;

    public ValueTask<QueueMessage?> PeekHeadAsync(QueueName queue, CancellationToken cancellationToken = default) =>
        _store.PeekHeadAsync(queue, countsDelivery: true, cancellationToken);

    public ValueTask<QueueMessage?> PeekHeadAsync(QueueName queue, bool countsDelivery, CancellationToken cancellationToken) =>
        _store.PeekHeadAsync(queue, countsDelivery, cancellationToken);

    public ValueTask<MessageSnapshot?> PeekAsync(MessageKey key, CancellationToken cancellationToken = default) =>
        _store.PeekAsync(key, cancellationToken);

    public ValueTask<IReadOnlyList<MessageSnapshot>> BrowseAsync(
        QueueName queue, MessageState state, int count, CancellationToken cancellationToken = default)
    {
        CheckRange(count, 1, _options.MaxBatch, nameof(count));
        return _store.BrowseAsync(queue, state, count, cancellationToken);
    }

    public async ValueTask<long> LengthAsync(QueueName queue, CancellationToken cancellationToken = default) =>
        (await _store.StatsAsync(queue, cancellationToken).ConfigureAwait(false)).Ready;

    public ValueTask<bool> DeleteQueueAsync(QueueName queue, CancellationToken cancellationToken = default) =>
        _store.DeleteQueueAsync(queue, cancellationToken);

    public async ValueTask<long> PurgeAsync(QueueName queue, MessageState state, CancellationToken cancellationToken = default)
    {
        // Messages may be added as fast as the purge deletes them. So the purge stops after as many messages as the
        // queue held at its start.
        var most = (await _store.StatsAsync(queue, cancellationToken).ConfigureAwait(false)).Total;
        for (long total = 0; ;)
        {
            var step = await _store.PurgeAsync(queue, state, cancellationToken).ConfigureAwait(false);
            total += step.Deleted;
            if (!step.More || total >= most) return total;
        }
    }

    public ValueTask<IReadOnlyList<QueueName>> ListAsync(QueueName? after = null, int max = 1000, CancellationToken cancellationToken = default)
    {
        CheckRange(max, 1, MaxPage, nameof(max));
        return _store.ListAsync(after, max, cancellationToken);
    }

    public ValueTask<long> RebuildIndexAsync(CancellationToken cancellationToken = default) => _store.RebuildIndexAsync(cancellationToken);

    public ValueTask<QueueSettings> GetSettingsAsync(QueueName queue, CancellationToken cancellationToken = default) =>
        _store.ConfigureAsync(queue, new QueueSettingsChange(), cancellationToken);

    public ValueTask<QueueSettings> ConfigureAsync(QueueName queue, QueueSettingsChange change, CancellationToken cancellationToken = default)
    {
        if (change.MaxReceives is { } receives) CheckRange(receives, QueueLimits.MinReceives, QueueLimits.MaxReceives, nameof(change.MaxReceives));
        if (change.MaxLength is { } length) CheckRange(length, 0, long.MaxValue, nameof(change.MaxLength));
        if (change.TimeToLive is { } ttl) CheckRange(ttl, TimeSpan.Zero, _options.MaxTimeToLive, nameof(change.TimeToLive));
        if (change.History is { } history) CheckRange(history, 0, QueueLimits.MaxHistory, nameof(change.History));
        if (change.HistoryBytes is { } bytes) CheckRange(bytes, 0, QueueLimits.MaxHistoryBytes, nameof(change.HistoryBytes));
        if (change.Durability is { } durability) Check(durability);
        return _store.ConfigureAsync(queue, change, cancellationToken);
    }

    public async ValueTask<long> RedriveAsync(QueueName queue, CancellationToken cancellationToken = default)
    {
        // Consumers may bury the messages again as fast as they are redriven. So the loop stops after as many messages
        // as were dead at its start, plus up to one step.
        var most = (await _store.StatsAsync(queue, cancellationToken).ConfigureAwait(false)).Dead;
        long total = 0;
        while (total < most)
        {
            var moved = await _store.RedriveAsync(queue, cancellationToken).ConfigureAwait(false);
            total += moved;
            if (moved < RedriveStep) break;
        }
        return total;
    }

    public ValueTask<bool> RedriveAsync(MessageKey key, CancellationToken cancellationToken = default) => _store.RedriveAsync(key, cancellationToken);

    public async ValueTask<QueueStats> StatsAsync(QueueName queue, CancellationToken cancellationToken = default)
    {
        var stats = await _store.StatsAsync(queue, cancellationToken).ConfigureAwait(false);
        return _hubs.Find(queue) is { } hub ? stats with { Consumers = hub.Consumers, Behind = hub.Behind } : stats;
    }

    public async ValueTask<IReadOnlyList<QueueStats>> StatsAsync(IReadOnlyList<QueueName> queues, CancellationToken cancellationToken = default)
    {
        var all = new QueueStats[queues.Count];
        await Parallel.ForAsync(
            0, all.Length, new ParallelOptions { MaxDegreeOfParallelism = ConcurrentStats, CancellationToken = cancellationToken },
            async (i, ending) => all[i] = await StatsAsync(queues[i], ending).ConfigureAwait(false)).ConfigureAwait(false);
        return all;
    }

    public async ValueTask<ILiveConsumer?> SubscribeAsync(
        QueueName queue, LiveConsumerOptions options, CancellationToken cancellationToken = default)
    {
        if (options.ResumeAfter is { } after) CheckRange(after, 0, long.MaxValue, nameof(options.ResumeAfter));
        if (options.Lease is { } lease)
        {
            CheckRange(lease, TimeSpan.FromMilliseconds(1), _options.MaxLease, nameof(options.Lease));
            CheckRange(options.Prefetch, 1, _options.MaxBatch, nameof(options.Prefetch));
        }
        var hub = _hubs.Enter(queue);
        try
        {
            await hub.ListenAsync(cancellationToken).ConfigureAwait(false);
            var (placed, epoch) = await PlaceAsync(queue, options, cancellationToken).ConfigureAwait(false);
            if (hub.Pump.TryBind(placed, epoch) is { } consumer) return consumer;
        }
        catch
        {
            hub.Leave();
            throw;
        }
        hub.Leave();
        return null;
    }

    // A consumer gets exactly the messages that any host delivers after the consumer was told that it is connected. So
    // its place in the history is read now, under any policy, and not at the pump's next step. The same call returns
    // the queue's epoch.
    private async ValueTask<(LiveConsumerOptions Placed, long? Epoch)> PlaceAsync(
        QueueName queue, LiveConsumerOptions options, CancellationToken cancellationToken)
    {
        if (options.Lease is not null || options.ResumeAfter == 0) return (options, null);
        var log = await _store.BroadcastAsync(queue, new BroadcastRequest(After: null, Move: 0, Read: 1), cancellationToken).ConfigureAwait(false);
        // A place beyond the end comes from an earlier history that the store has lost. All messages of the current
        // history are new to the consumer.
        var after = options.ResumeAfter > log.Last ? 0 : options.ResumeAfter ?? log.Last;
        return (options with { ResumeAfter = after }, log.Settings.Epoch);
    }
}
