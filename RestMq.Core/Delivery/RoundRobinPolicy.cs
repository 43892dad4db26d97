using Microsoft.Extensions.Options;
using RestMq.Stores;

namespace RestMq.Delivery;

/// <summary>
/// Delivers each message to one consumer, in rotation over the consumers with free slots. A message is leased for
/// <see cref="RestMqOptions.TakeLease"/> until it has been written to the wire. It goes back to the head of the queue
/// when the connection breaks before that. It also goes back when it has waited for the whole lease in the buffer of a
/// consumer that does not read.
/// </summary>
internal sealed class RoundRobinPolicy(IOptions<RestMqOptions> options) : IDeliveryPolicy
{
    public QueuePolicy Policy => QueuePolicy.RoundRobin;

    public ValueTask<DeliveryStep> StepAsync(QueuePump pump, IQueueStore store) =>
        Rotation.StepAsync(pump, store, pump.SharedGroup, new LeaseRequest(0, options.Value.TakeLease, Live: true));
}
