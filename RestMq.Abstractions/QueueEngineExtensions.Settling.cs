namespace RestMq;

public static partial class QueueEngineExtensions
{
    /// <summary>Acks a message: the work is done, and the message is deleted.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="receipt">The receipt of the delivery.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>True when the delivery was settled. False when the receipt is stale or the message is gone; nothing was
    /// changed then.</returns>
    /// <exception cref="ArgumentException">The receipt has no fence.</exception>
    public static ValueTask<bool> AckAsync(this IQueueEngine engine, Receipt receipt, CancellationToken cancellationToken = default) =>
        engine.SettledAsync(new Settlement(receipt.Checked(), SettleAction.Ack), cancellationToken);

    /// <summary>Extends the lease, so that it ends after <paramref name="lease"/> from now.</summary>
    /// <inheritdoc cref="AckAsync"/>
    public static ValueTask<bool> ExtendAsync(
        this IQueueEngine engine, Receipt receipt, TimeSpan lease, CancellationToken cancellationToken = default) =>
        engine.SettledAsync(new Settlement(receipt.Checked(), SettleAction.Extend) { Time = lease }, cancellationToken);

    /// <summary>Releases a message to the head of its queue, at once or after a delay. The delivery counts.</summary>
    /// <inheritdoc cref="AckAsync"/>
    public static ValueTask<bool> ReleaseAsync(
        this IQueueEngine engine, Receipt receipt, TimeSpan delay = default, CancellationToken cancellationToken = default) =>
        engine.SettledAsync(new Settlement(receipt.Checked(), SettleAction.Release) { Time = delay }, cancellationToken);

    /// <summary>Buries a message as a dead letter, with a reason of 1 to 200 characters.</summary>
    /// <inheritdoc cref="AckAsync"/>
    public static ValueTask<bool> BuryAsync(
        this IQueueEngine engine, Receipt receipt, string reason, CancellationToken cancellationToken = default) =>
        engine.SettledAsync(new Settlement(receipt.Checked(), SettleAction.Bury) { Reason = reason }, cancellationToken);

    /// <summary>Deletes a message in any state, also while another consumer has it.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="key">The key of the message.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether there was a message to delete.</returns>
    public static ValueTask<bool> DeleteAsync(this IQueueEngine engine, MessageKey key, CancellationToken cancellationToken = default) =>
        engine.SettledAsync(new Settlement(new Receipt(key, 0), SettleAction.Ack), cancellationToken);

    private static async ValueTask<bool> SettledAsync(this IQueueEngine engine, Settlement settlement, CancellationToken cancellationToken) =>
        await engine.SettleAsync(settlement, cancellationToken).ConfigureAwait(false) is SettleResult.Done;
}
