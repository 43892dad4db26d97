using Microsoft.Extensions.Options;
using RestMq.Stores;

namespace RestMq.Delivery;

/// <summary>
/// Each message goes to one consumer, in rotation over those with room. It stays leased until it has been delivered; what a broken
/// connection did not get goes back to the head of the queue.
/// </summary>
internal sealed class RoundRobinPolicy(IOptions<RestMqOptions> options) : IDeliveryPolicy
{
    // A message in a slow consumer's buffer is one that a quicker consumer does not get, so little is handed out ahead.
    private const int Ahead = 10;
    private const int Step = 100;

    public QueuePolicy Policy => QueuePolicy.RoundRobin;

    public async ValueTask<DeliveryStep> StepAsync(QueuePump pump, IQueueStore store)
    {
        var room = pump.TotalRoom(Step, Ahead);
        if (room == 0) return new DeliveryStep(false, null, WantsRoom: true, new LiveState(Policy, Stopped: false));

        var batch = await store.LeaseAsync(pump.Queue, [new LeaseRequest(room, options.Value.TakeLease, Live: true)], CancellationToken.None).ConfigureAwait(false);
        var given = 0;
        while (given < batch.Messages.Count && pump.TryGiveNext(batch.Messages[given], Ahead)) given++;
        if (given < batch.Messages.Count)
        {
            // Consumers have left since.
            Settlement[] back = [.. batch.Messages.Skip(given).Select(m => new Settlement(m.Receipt, SettleAction.Return))];
            await store.SettleAsync(pump.Queue, back, CancellationToken.None).ConfigureAwait(false);
        }
        var more = batch.Messages.Count == room || batch.Next == TimeSpan.Zero;
        var live = !batch.Settings.Stopped && batch.Settings.Policy == Policy;
        return new DeliveryStep(more && live, batch.Next, WantsRoom: false, batch.Settings);
    }
}
