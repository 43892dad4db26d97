using RestMq.Stores;

namespace RestMq.Delivery;

/// <summary>Implements a policy: delivers the messages of a queue to its live consumers.</summary>
internal interface IDeliveryPolicy
{
    /// <summary>Gets the policy that is implemented.</summary>
    QueuePolicy Policy { get; }

    /// <summary>Does one step: gets messages from the store and gives them to consumers.</summary>
    ValueTask<DeliveryStep> StepAsync(QueuePump pump, IQueueStore store);
}

/// <summary>Holds the result of one step.</summary>
/// <param name="More">Whether another step can deliver messages now.</param>
/// <param name="Next">How long until a message becomes ready by time. Null when no message will.</param>
/// <param name="WantsFreeSlots">Whether the step could have delivered more if a consumer had a free slot.</param>
/// <param name="Settings">The current settings. Null when the store was not asked.</param>
internal readonly record struct DeliveryStep(bool More, TimeSpan? Next, bool WantsFreeSlots, LiveState? Settings)
{
    /// <summary>Combines this step with another step. Prefers the settings of this step.</summary>
    public DeliveryStep And(DeliveryStep other) =>
        new(More || other.More, Next is null || other.Next < Next ? other.Next : Next, WantsFreeSlots || other.WantsFreeSlots, Settings ?? other.Settings);
}

/// <summary>Finds the implementation of a policy.</summary>
internal sealed class DeliveryPolicies(IEnumerable<IDeliveryPolicy> policies)
{
    private readonly Dictionary<QueuePolicy, IDeliveryPolicy> _byName = policies.ToDictionary(policy => policy.Policy);

    public IDeliveryPolicy this[QueuePolicy policy] => _byName[policy];
}
