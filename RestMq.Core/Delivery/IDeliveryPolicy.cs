using RestMq.Stores;

namespace RestMq.Delivery;

/// <summary>How live consumers share a queue's messages.</summary>
internal interface IDeliveryPolicy
{
    /// <summary>The policy it is.</summary>
    QueuePolicy Policy { get; }

    /// <summary>Gets messages from the store and gives them to consumers, once.</summary>
    ValueTask<DeliveryStep> StepAsync(QueuePump pump, IQueueStore store);
}

/// <summary>What a step came to.</summary>
/// <param name="More">Whether another step can do something now.</param>
/// <param name="Next">How long until something becomes ready by itself; null when nothing will.</param>
/// <param name="WantsRoom">Whether it could do more if a consumer had room.</param>
/// <param name="Settings">The settings as they are now; null when the store was not asked.</param>
internal readonly record struct DeliveryStep(bool More, TimeSpan? Next, bool WantsRoom, LiveState? Settings)
{
    /// <summary>This step and another as one; the settings are this one's if it was told any.</summary>
    public DeliveryStep And(DeliveryStep other) =>
        new(More || other.More, Next is null || other.Next < Next ? other.Next : Next, WantsRoom || other.WantsRoom, Settings ?? other.Settings);
}

/// <summary>The policies there are, by name.</summary>
internal sealed class DeliveryPolicies(IEnumerable<IDeliveryPolicy> policies)
{
    private readonly Dictionary<QueuePolicy, IDeliveryPolicy> _byName = policies.ToDictionary(policy => policy.Policy);

    public IDeliveryPolicy this[QueuePolicy policy] => _byName[policy];
}
