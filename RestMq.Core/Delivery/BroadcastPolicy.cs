using RestMq.Stores;

namespace RestMq.Delivery;

/// <summary>
/// Every consumer gets every message. A step moves ready messages to the queue's live log and reads the log; all
/// daemons read one log, so all consumers see one order. Each consumer has its own place in it: one that is full, or
/// that comes back, is behind, and catches up by reads of its own, few in each step and all in turn, so nobody waits
/// for it and nothing is kept for it but the log.
/// <para>Messages leave the queue only as fast as the quickest consumer here takes them: while all are full, they wait
/// in the queue.</para>
/// </summary>
internal sealed class BroadcastPolicy : IDeliveryPolicy
{
    private const int Step = 100;

    // How many catch up in a step: who keeps up must not wait for all who do not.
    private const int CatchUps = 20;

    public QueuePolicy Policy => QueuePolicy.Broadcast;

    public async ValueTask<DeliveryStep> StepAsync(QueuePump pump, IQueueStore store)
    {
        var front = pump.Front;
        // Until everybody's place in the log is known nothing is moved: who is at its end would not get it, and were
        // the reply lost, nobody would know where it began.
        var placed = front is not null && !pump.Any(consumer => consumer.Cursor > front);
        var room = placed ? pump.MostRoom(consumer => consumer.Cursor >= front) : 0;
        var batch = await store.BroadcastAsync(
            pump.Queue, new BroadcastRequest(front, Math.Min(room, Step), Step), CancellationToken.None).ConfigureAwait(false);
        if (batch.Messages.Count > 0) pump.Found();
        if (IsPaused(batch)) return new DeliveryStep(false, null, WantsRoom: false, batch.Settings);

        // Where the log ended before this step moved anything. A place beyond that is of another life of the log, whose
        // data was lost, and all that there is is new to it.
        var end = batch.After < front ? batch.After : batch.Last;
        pump.ForEach(consumer =>
        {
            if (consumer.Cursor > end) consumer.Cursor = 0;
            // Whole, if there is room at all: what was moved for one consumer's room must get there, however large, for
            // history may be short.
            if (consumer.Cursor < batch.After) return;
            Offer(pump, consumer, batch, whole: consumer.Room > 0);
            if (consumer.Cursor < Reached(batch) && !consumer.HasEnded) pump.FellBehind();
        });
        pump.Front = Reached(batch);

        var caughtUp = await CatchUpAsync(pump, store).ConfigureAwait(false);
        var more = !placed || caughtUp || batch.Last > pump.Front || (batch.Next == TimeSpan.Zero && room > 0);
        // Room that was made since it was looked for counts as wanted: who made it may be about to say so.
        var wantsRoom = room == 0 || pump.Any(consumer => consumer.Room == 0 || consumer.Cursor < pump.Front);
        return new DeliveryStep(more, batch.Next == TimeSpan.Zero ? null : batch.Next, wantsRoom, batch.Settings);
    }

    /// <summary>
    /// Gives some consumers that are behind and have room what they lack next; true when there may be more to give.
    /// </summary>
    private static async ValueTask<bool> CatchUpAsync(QueuePump pump, IQueueStore store)
    {
        var gave = false;
        var behind = pump.Next(CatchUps, consumer => consumer.Cursor < pump.Front && consumer.Room > 0 && !consumer.MustReadFirst);
        foreach (var consumer in behind)
        {
            var before = consumer.Cursor;
            var missing = await store.BroadcastAsync(
                pump.Queue, new BroadcastRequest(before, Move: 0, Math.Min(consumer.Room, Step), LiveConsumer.MaxBufferedBytes),
                CancellationToken.None).ConfigureAwait(false);
            if (IsPaused(missing)) return false;
            Offer(pump, consumer, missing, whole: false);
            gave |= consumer.Cursor != before;
        }
        return gave || behind.Count == CatchUps;
    }

    private static bool IsPaused(BroadcastBatch batch) => batch.Settings.Stopped || batch.Settings.Policy != QueuePolicy.Broadcast;

    // Where the log has nothing after the place, what was there has been dropped, and the place is the log's end.
    private static long Reached(BroadcastBatch batch) => batch.Messages.Count > 0 ? batch.Messages[^1].Sequence : batch.Last;

    private static void Offer(QueuePump pump, LiveConsumer consumer, BroadcastBatch batch, bool whole)
    {
        foreach (var message in batch.Messages)
        {
            var missed = message.Sequence - consumer.Cursor - 1;
            if (missed < 0) continue;
            if ((!whole && consumer.Room == 0) || !consumer.TryWrite(message, missed)) return;
            consumer.Cursor = message.Sequence;
            pump.Metrics.Missed(pump.Queue, missed);
        }
        var lost = Reached(batch) - consumer.Cursor;
        if (lost <= 0 || !consumer.TryWriteGap(lost)) return;
        consumer.Cursor += lost;
        pump.Metrics.Missed(pump.Queue, lost);
    }
}
