using Microsoft.Extensions.Options;

namespace RestMq.Engine;

/// <summary>Provides the engine of this process to hosted consumers.</summary>
internal sealed class EngineMessageSource(IQueueEngine engine, IOptions<RestMqOptions> options) : IMessageSource
{
    public TimeSpan? MaxDelay => options.Value.MaxDelay;

    public async ValueTask<IReadOnlyList<SourceMessage>> LeaseAsync(
        IReadOnlyList<string> queues, int max, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        var (mostWait, most) = (options.Value.MaxWait, options.Value.MaxBatch);
        var messages = await engine.LeaseAsync(
            [.. queues.Select(name => QueueName.Argument(name, nameof(queues)))], Math.Min(max, most), lease, wait < mostWait ? wait : mostWait, cancellationToken).ConfigureAwait(false);
        return [.. messages.Select(message => new SourceMessage
        {
            Receipt = message.Receipt,
            DeliveryCount = message.DeliveryCount,
            Added = message.Added,
            Body = message.Body.Bytes,
            ContentType = message.Body.RawContentType,
            TraceParent = message.TraceParent,
            TraceState = message.TraceState,
        })];
    }

    public ValueTask<bool> AckAsync(SourceMessage message, CancellationToken cancellationToken) =>
        SettleAsync(new Settlement(message.Receipt, SettleAction.Ack), cancellationToken);

    public ValueTask<bool> ExtendAsync(SourceMessage message, TimeSpan lease, CancellationToken cancellationToken) =>
        SettleAsync(new Settlement(message.Receipt, SettleAction.Extend) { Time = lease }, cancellationToken);

    public ValueTask<bool> ReleaseAsync(SourceMessage message, TimeSpan delay, CancellationToken cancellationToken) =>
        SettleAsync(new Settlement(message.Receipt, SettleAction.Release) { Time = delay }, cancellationToken);

    public ValueTask<bool> ReturnAsync(SourceMessage message, CancellationToken cancellationToken) =>
        SettleAsync(new Settlement(message.Receipt, SettleAction.Return), cancellationToken);

    public ValueTask<bool> BuryAsync(SourceMessage message, string reason, CancellationToken cancellationToken) =>
        SettleAsync(new Settlement(message.Receipt, SettleAction.Bury) { Reason = reason }, cancellationToken);

    private async ValueTask<bool> SettleAsync(Settlement settlement, CancellationToken cancellationToken) =>
        await engine.SettleAsync(settlement, cancellationToken).ConfigureAwait(false) is SettleResult.Done;
}
