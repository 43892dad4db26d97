using RestMq.Telemetry;

namespace RestMq.Engine;

/// <summary>
/// Implements the frequent operations of <see cref="IQueueEngine"/>. While metrics or traces have a listener, it
/// measures each call. Otherwise it calls the implementation directly.
/// </summary>
internal sealed partial class QueueEngine
{
    private bool IsWatched => _metrics.Watched || QueueTraces.Watched;

    public ValueTask<AddResult> AddAsync(QueueName queue, NewMessage message, CancellationToken cancellationToken = default) =>
        IsWatched ? MeasureAsync(queue, message, cancellationToken) : AddCoreAsync(queue, QueueTraces.Carry(message), cancellationToken);

    public ValueTask<IReadOnlyList<AddResult>> AddAsync(
        QueueName queue, IReadOnlyList<NewMessage> messages, CancellationToken cancellationToken = default) =>
        IsWatched ? MeasureAsync(queue, messages, cancellationToken) : AddCoreAsync(queue, QueueTraces.Carry(messages), cancellationToken);

    public ValueTask<IReadOnlyList<QueueMessage>> LeaseAsync(
        IReadOnlyList<QueueName> queues, int max, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken = default) =>
        IsWatched && queues.Count > 0
            ? MeasureAsync(queues, max, lease, wait, cancellationToken)
            : LeaseCoreAsync(queues, max, lease, wait, cancellationToken);

    public ValueTask<SettleResult> SettleAsync(Settlement settlement, CancellationToken cancellationToken = default) =>
        IsWatched ? MeasureAsync(settlement, cancellationToken) : SettleCoreAsync(settlement, cancellationToken);

    public ValueTask<IReadOnlyList<SettleResult>> SettleAsync(
        QueueName queue, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken = default) =>
        IsWatched ? MeasureAsync(queue, settlements, cancellationToken) : SettleCoreAsync(queue, settlements, cancellationToken);

    // These methods are async so that a span is Activity.Current only during the call: an async method restores the
    // caller's Activity.Current when it returns.

    private async ValueTask<AddResult> MeasureAsync(QueueName queue, NewMessage message, CancellationToken cancellationToken)
    {
        var span = QueueTraces.Send(queue, 1, message.TraceParent, message.TraceState);
        // The message belongs to the new span, so QueueTraces.Carry sets its trace again.
        if (span is { Recorded: true }) message = message with { TraceParent = null, TraceState = null };
        return await MeasureAsync(new Measured(_metrics, "send", queue, span), () => AddCoreAsync(queue, QueueTraces.Carry(message), cancellationToken), result =>
        {
            _metrics.Sent(queue, result.Status == AddStatus.Added ? 1 : 0);
            span?.SetTag("messaging.message.id", result.Key.ToString());
        }).ConfigureAwait(false);
    }

    private async ValueTask<IReadOnlyList<AddResult>> MeasureAsync(
        QueueName queue, IReadOnlyList<NewMessage> messages, CancellationToken cancellationToken)
    {
        var call = new Measured(_metrics, "send", queue, QueueTraces.Send(queue, messages.Count));
        return await MeasureAsync(call, () => AddCoreAsync(queue, QueueTraces.Carry(messages), cancellationToken), results =>
            _metrics.Sent(queue, results.Count(result => result.Status == AddStatus.Added))).ConfigureAwait(false);
    }

    private ValueTask<IReadOnlyList<QueueMessage>> MeasureAsync(
        IReadOnlyList<QueueName> queues, int max, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        var call = new Measured(_metrics, "receive", queues[0]);
        return MeasureAsync(call, () => LeaseCoreAsync(queues, max, lease, wait, cancellationToken), messages =>
        {
            if (messages.Count > 0) _metrics.Received(messages[0].Key.Queue, messages.Count);
            QueueTraces.Received(messages, call.Time);
        });
    }

    private async ValueTask<SettleResult> MeasureAsync(Settlement settlement, CancellationToken cancellationToken)
    {
        var queue = settlement.Receipt.Key.Queue;
        var span = QueueTraces.Settle(queue, QueueMetrics.NameOf(settlement.Action), 1);
        span?.SetTag("messaging.message.id", settlement.Receipt.Key.ToString());
        return await MeasureAsync(new Measured(_metrics, "settle", queue, span), () => SettleCoreAsync(settlement, cancellationToken), result =>
        {
            if (result == SettleResult.Done) _metrics.Settled(queue, settlement.Action, 1);
            else span?.SetTag("error.type", result == SettleResult.Stale ? "stale" : "unknown");
        }).ConfigureAwait(false);
    }

    private async ValueTask<IReadOnlyList<SettleResult>> MeasureAsync(
        QueueName queue, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var alike = settlements.Count > 0 && settlements.All(settlement => settlement.Action == settlements[0].Action);
        var span = QueueTraces.Settle(queue, alike ? QueueMetrics.NameOf(settlements[0].Action) : "settle", settlements.Count);
        var call = new Measured(_metrics, "settle", queue, span);
        return await MeasureAsync(call, () => SettleCoreAsync(queue, settlements, cancellationToken), results =>
        {
            foreach (var (action, count) in settlements.Where((_, i) => results[i] == SettleResult.Done).CountBy(settlement => settlement.Action))
                _metrics.Settled(queue, action, count);
        }).ConfigureAwait(false);
    }

    private static async ValueTask<T> MeasureAsync<T>(Measured call, Func<ValueTask<T>> work, Action<T> tell)
    {
        try
        {
            var result = await work().ConfigureAwait(false);
            tell(result);
            call.Done();
            return result;
        }
        catch (Exception e) when (call.Failed(e))
        {
            throw;
        }
    }
}
