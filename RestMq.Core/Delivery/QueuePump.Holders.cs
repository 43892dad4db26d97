using RestMq.Stores;

namespace RestMq.Delivery;

/// <summary>
/// Delivers to acknowledged streams, whose consumers settle their messages by any route and on any host. Wake-ups
/// report the deliveries that have ended. Because wake-ups may be lost and leases may be extended, the pump also asks
/// the store about messages of full consumers, at most once a second. A place is freed when the message is no longer in
/// flight.
/// </summary>
internal sealed partial class QueuePump
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);

    private readonly Dictionary<Receipt, (LiveConsumer Consumer, QueueMessage Message)> _held = [];

    /// <summary>Frees the places of deliveries that have ended, on any host.</summary>
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
            // Only full consumers wait for a free place. About 1000 receipts are as many as one call should carry.
            receipts = group.HeldByFull(most: 1000);
        }
        if (receipts.Count == 0) return;
        group.Asked = hub.Time.GetTimestamp();
        var held = await store.HoldsAsync(Queue, receipts, CancellationToken.None).ConfigureAwait(false);
        Ended([.. receipts.Where((_, i) => !held[i])]);
    }
}
