using Microsoft.Extensions.Options;
using RestMq.Stores;

namespace RestMq.Delivery;

/// <summary>
/// Each message goes to one consumer, in rotation over those with room. It is leased (<see cref="RestMqOptions.TakeLease"/>) until it has been
/// written to the wire; what a broken connection did not get goes back to the head of the queue, and so does what a consumer that does not read
/// had waiting for that long.
/// </summary>
internal sealed class RoundRobinPolicy(IOptions<RestMqOptions> options) : IDeliveryPolicy
{
    public QueuePolicy Policy => QueuePolicy.RoundRobin;

    public ValueTask<DeliveryStep> StepAsync(QueuePump pump, IQueueStore store) =>
        Rotation.StepAsync(pump, store, pump.Plain, new LeaseRequest(0, options.Value.TakeLease, Live: true));
}
