using RestMq.Stores;

namespace RestMq.Delivery;

/// <summary>
/// Leases as many messages as a group of consumers has free slots, and gives each message to one consumer, in rotation.
/// A message that no consumer took is returned, and its delivery does not count.
/// </summary>
internal static class Rotation
{
    private const int Step = 100;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    public static async ValueTask<DeliveryStep> StepAsync(QueuePump pump, IQueueStore store, ConsumerGroup group, LeaseRequest request)
    {
        var (slots, bytes) = pump.FreeLeases(group, Step);
        pump.NoteFreeSlots(group, full: slots == 0);
        // Consumers that hold messages may let the leases end. Then only time frees slots, so the pump looks again.
        if (slots == 0) return new DeliveryStep(More: false, request.Held ? LookAgain : null, WantsFreeSlots: true, Settings: null);

        var batch = await store.LeaseAsync(pump.Queue, [request with { Count = slots, Bytes = bytes }], CancellationToken.None).ConfigureAwait(false);
        if (batch.Messages.Count > 0) pump.Found();
        var given = 0;
        while (given < batch.Messages.Count && pump.TryGiveNext(group, batch.Messages[given])) given++;
        if (given < batch.Messages.Count)
        {
            // Some consumers have left since their slots were counted.
            Settlement[] back = [.. batch.Messages.Skip(given).Select(m => new Settlement(m.Receipt, SettleAction.Return))];
            await store.SettleAsync(pump.Queue, back, CancellationToken.None).ConfigureAwait(false);
        }
        var more = batch.Messages.Count == slots || (batch.Next == TimeSpan.Zero && given > 0);
        return new DeliveryStep(more, batch.Next, WantsFreeSlots: false, batch.Settings);
    }
}
