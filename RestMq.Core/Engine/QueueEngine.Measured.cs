using RestMq.Telemetry;

namespace RestMq.Engine;

/// <summary>The hot path as callers see it: measured while somebody listens, and as it is while nobody does.</summary>
internal sealed partial class QueueEngine
{
    private bool IsWatched => _metrics.Watched || QueueTraces.Watched;

    public ValueTask<AddResult> AddAsync(QueueName queue, NewMessage message, CancellationToken cancellationToken = default) =>
        IsWatched ? MeasureAsync(queue, message, cancellationToken) : SendAsync(queue, QueueTraces.Carry(message), cancellationToken);

    public ValueTask<IReadOnlyList<AddResult>> AddAsync(
        QueueName queue, IReadOnlyList<NewMessage> messages, CancellationToken cancellationToken = default) =>
        IsWatched ? MeasureAsync(queue, messages, cancellationToken) : SendAsync(queue, QueueTraces.Carry(messages), cancellationToken);

    public ValueTask<IReadOnlyList<QueueMessage>> LeaseAsync(
        IReadOnlyList<QueueName> queues, int max, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken = default) =>
        IsWatched && queues.Count > 0
            ? MeasureAsync(queues, max, lease, wait, cancellationToken)
            : ReceiveAsync(queues, max, lease, wait, cancellationToken);

    public ValueTask<SettleResult> SettleAsync(Settlement settlement, CancellationToken cancellationToken = default) =>
        IsWatched ? MeasureAsync(settlement, cancellationToken) : EndAsync(settlement, cancellationToken);

    public ValueTask<IReadOnlyList<SettleResult>> SettleAsync(
        QueueName queue, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken = default) =>
        IsWatched ? MeasureAsync(queue, settlements, cancellationToken) : EndAsync(queue, settlements, cancellationToken);

    private async ValueTask<AddResult> MeasureAsync(QueueName queue, NewMessage message, CancellationToken cancellationToken)
    {
        var span = QueueTraces.Send(queue, 1, message.TraceParent);
        var call = new Measured(_metrics, "send", queue, span);
        try
        {
            if (span is { Recorded: true }) message = message with { TraceParent = null }; // It is in this span now.
            var result = await SendAsync(queue, QueueTraces.Carry(message), cancellationToken).ConfigureAwait(false);
            _metrics.Sent(queue, result.Status == AddStatus.Added ? 1 : 0);
            span?.SetTag("messaging.message.id", result.Key.ToString());
            call.Done();
            return result;
        }
        catch (Exception e) when (call.Failed(e))
        {
            throw;
        }
    }

    private async ValueTask<IReadOnlyList<AddResult>> MeasureAsync(
        QueueName queue, IReadOnlyList<NewMessage> messages, CancellationToken cancellationToken)
    {
        var call = new Measured(_metrics, "send", queue, QueueTraces.Send(queue, messages.Count, parent: null));
        try
        {
            var results = await SendAsync(queue, QueueTraces.Carry(messages), cancellationToken).ConfigureAwait(false);
            _metrics.Sent(queue, results.Count(result => result.Status == AddStatus.Added));
            call.Done();
            return results;
        }
        catch (Exception e) when (call.Failed(e))
        {
            throw;
        }
    }

    private async ValueTask<IReadOnlyList<QueueMessage>> MeasureAsync(
        IReadOnlyList<QueueName> queues, int max, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        var call = new Measured(_metrics, "receive", queues[0]);
        try
        {
            var messages = await ReceiveAsync(queues, max, lease, wait, cancellationToken).ConfigureAwait(false);
            if (messages.Count > 0) _metrics.Received(messages[0].Key.Queue, messages.Count);
            QueueTraces.Received(messages, call.Time);
            call.Done();
            return messages;
        }
        catch (Exception e) when (call.Failed(e))
        {
            throw;
        }
    }

    private async ValueTask<SettleResult> MeasureAsync(Settlement settlement, CancellationToken cancellationToken)
    {
        var queue = settlement.Receipt.Key.Queue;
        var call = new Measured(_metrics, "settle", queue);
        try
        {
            var result = await EndAsync(settlement, cancellationToken).ConfigureAwait(false);
            if (result == SettleResult.Done) _metrics.Settled(queue, settlement.Action, 1);
            call.Done();
            return result;
        }
        catch (Exception e) when (call.Failed(e))
        {
            throw;
        }
    }

    private async ValueTask<IReadOnlyList<SettleResult>> MeasureAsync(
        QueueName queue, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var call = new Measured(_metrics, "settle", queue);
        try
        {
            var results = await EndAsync(queue, settlements, cancellationToken).ConfigureAwait(false);
            foreach (var done in settlements.Where((_, i) => results[i] == SettleResult.Done).CountBy(settlement => settlement.Action))
                _metrics.Settled(queue, done.Key, done.Value);
            call.Done();
            return results;
        }
        catch (Exception e) when (call.Failed(e))
        {
            throw;
        }
    }
}
