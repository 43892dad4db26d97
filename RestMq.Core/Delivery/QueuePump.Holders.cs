using RestMq.Stores;

namespace RestMq.Delivery;

/// <summary>
/// Consumers that settle their messages themselves, by any route and on any daemon. Hints tell which hand-outs have ended; should hints be
/// lost, or a lease be extended, the store is asked now and then, so a place is freed when the message is really no longer held.
/// </summary>
internal sealed partial class QueuePump
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);

    private readonly Dictionary<Receipt, (LiveConsumer Consumer, QueueMessage Message)> _held = [];

    /// <summary>Hand-outs that have ended, whoever ended them.</summary>
    public void Ended(IReadOnlyList<Receipt> receipts)
    {
        lock (_lock)
        {
            foreach (var receipt in receipts)
            {
                if (_held.Remove(receipt, out var held)) held.Consumer.Release(held.Message);
            }
        }
    }

    private async ValueTask<DeliveryStep> HoldAsync(ConsumerGroup group)
    {
        await AskAsync(group).ConfigureAwait(false);
        return await Rotation.StepAsync(this, store, group, new LeaseRequest(0, group.Lease!.Value, Held: true)).ConfigureAwait(false);
    }

    private async ValueTask AskAsync(ConsumerGroup group)
    {
        if (group.Asked != 0 && hub.Time.GetElapsedTime(group.Asked) < AskEvery) return;
        List<Receipt> receipts;
        lock (_lock)
        {
            // Only of those that are kept waiting for it, and no more than one call should carry.
            receipts = group.HeldByFull(most: 1000);
        }
        if (receipts.Count == 0) return;
        group.Asked = hub.Time.GetTimestamp();
        var held = await store.HoldsAsync(Queue, receipts, CancellationToken.None).ConfigureAwait(false);
        Ended([.. receipts.Where((_, i) => !held[i])]);
    }
}
