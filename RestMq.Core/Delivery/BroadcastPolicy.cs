using RestMq.Stores;

namespace RestMq.Delivery;

/// <summary>
/// Delivers every message to every consumer. A step moves ready messages to the queue's history and reads the history.
/// All hosts read the same history, so all consumers see the same order. Each consumer has its own place in the
/// history. A consumer that is full, or that comes back, is behind. It catches up by reads of its own. A few consumers
/// catch up in each step, in rotation, so the other consumers need not wait. Only the history keeps messages for
/// consumers that are behind.
/// <para>Messages leave the queue only as fast as the quickest consumer of this host takes them. While all consumers
/// are full, messages wait in the queue.</para>
/// </summary>
internal sealed class BroadcastPolicy : IDeliveryPolicy
{
    private const int Step = 100;

    // How many consumers catch up in one step. Consumers that keep up must not wait for all that do not.
    private const int CatchUps = 20;

    // How soon to look again when no client seems to be connected. Their consumers normally leave sooner.
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    public QueuePolicy Policy => QueuePolicy.Broadcast;

    public async ValueTask<DeliveryStep> StepAsync(QueuePump pump, IQueueStore store)
    {
        var front = pump.Front;
        // Moves nothing until the front is known and no consumer is beyond it. Otherwise a consumer at the end of the
        // history would miss the moved messages. If the reply were lost, no consumer would know where they begin.
        var placed = front is not null && !pump.Any(consumer => consumer.Cursor > front);
        var slots = placed ? pump.MostFreeSlots(consumer => consumer.Cursor >= front) : 0;
        // Clients that have left get nothing, although their consumers are still here.
        var isDeserted = slots > 0 && !pump.Any(consumer => consumer.Cursor >= front && consumer.FreeSlots > 0 && consumer.IsConnected);
        if (isDeserted) slots = 0;
        var batch = await store.BroadcastAsync(
            pump.Queue, new BroadcastRequest(front, Math.Min(slots, Step), Step), CancellationToken.None).ConfigureAwait(false);
        if (batch.Messages.Count > 0) pump.Found();
        if (IsPaused(batch)) return new DeliveryStep(false, null, WantsFreeSlots: false, batch.Settings);
        // The last client may have left during the call. Then the step moved messages that no client is there to get.
        if (batch.Moved > 0 && !pump.Any(consumer => consumer.IsConnected)
            && await store.WithdrawAsync(pump.Queue, batch.Last, batch.Moved, CancellationToken.None).ConfigureAwait(false))
        {
            return new DeliveryStep(false, LookAgain, WantsFreeSlots: true, batch.Settings);
        }

        // The end of the history before this step moved messages. A place beyond it comes from an earlier history that
        // the store has lost. All messages of the current history are new to that consumer.
        var end = batch.After < front ? batch.After : batch.Last;
        pump.ForEach(consumer =>
        {
            if (consumer.Cursor > end) consumer.Cursor = 0;
            // A consumer with a free slot gets the whole batch, whatever its size. The messages were moved for its
            // slots, and a short history may drop them before the next read.
            if (consumer.Cursor < batch.After) return;
            Offer(pump, consumer, batch, offersAll: consumer.FreeSlots > 0);
            if (consumer.Cursor < Reached(batch) && !consumer.HasEnded) pump.FellBehind();
        });
        pump.Front = Reached(batch);

        var caughtUp = await CatchUpAsync(pump, store).ConfigureAwait(false);
        var more = !placed || caughtUp || batch.Last > pump.Front || (batch.Next == TimeSpan.Zero && slots > 0);
        // Uses the free slots from the start of the step. If a consumer freed slots since then, its call of SlotsFreed
        // must still wake the pump.
        var wantsFreeSlots = slots == 0 || pump.Any(consumer => consumer.FreeSlots == 0 || consumer.Cursor < pump.Front);
        var next = batch.Next == TimeSpan.Zero ? null : batch.Next;
        if (isDeserted && (next is null || next > LookAgain)) next = LookAgain;
        return new DeliveryStep(more, next, wantsFreeSlots, batch.Settings);
    }

    /// <summary>
    /// Gives the next missing messages to some consumers that are behind and have free slots. Returns true when there
    /// may be more to give.
    /// </summary>
    private static async ValueTask<bool> CatchUpAsync(QueuePump pump, IQueueStore store)
    {
        var gave = false;
        var behind = pump.Next(CatchUps, consumer => consumer.Cursor < pump.Front && consumer.FreeSlots > 0 && !consumer.MustReadFirst);
        foreach (var consumer in behind)
        {
            var before = consumer.Cursor;
            var missing = await store.BroadcastAsync(
                pump.Queue, new BroadcastRequest(before, Move: 0, Math.Min(consumer.FreeSlots, Step), LiveConsumer.MaxBufferedBytes),
                CancellationToken.None).ConfigureAwait(false);
            if (IsPaused(missing)) return false;
            Offer(pump, consumer, missing, offersAll: false);
            gave |= consumer.Cursor != before;
        }
        return gave || behind.Count == CatchUps;
    }

    private static bool IsPaused(BroadcastBatch batch) => batch.Settings.Stopped || batch.Settings.Policy != QueuePolicy.Broadcast;

    // Returns the sequence that the batch reaches. An empty batch means that the history has dropped all messages after
    // the place, so the batch reaches the end of the history.
    private static long Reached(BroadcastBatch batch) => batch.Messages.Count > 0 ? batch.Messages[^1].Sequence : batch.Last;

    private static void Offer(QueuePump pump, LiveConsumer consumer, BroadcastBatch batch, bool offersAll)
    {
        foreach (var message in batch.Messages)
        {
            var missed = message.Sequence - consumer.Cursor - 1;
            if (missed < 0) continue;
            if ((!offersAll && consumer.FreeSlots == 0) || !consumer.TryWrite(message, missed)) return;
            consumer.Cursor = message.Sequence;
            pump.Metrics.Missed(pump.Queue, missed);
        }
        var lost = Reached(batch) - consumer.Cursor;
        if (lost <= 0 || !consumer.TryWriteGap(lost)) return;
        consumer.Cursor += lost;
        pump.Metrics.Missed(pump.Queue, lost);
    }
}
