using System.Text.Json.Serialization;
using RestMq.Wire;

namespace RestMq;

/// <summary>Holds the statistics of a queue.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="Settings">The settings of the queue.</param>
[JsonConverter(typeof(StatsJson))]
public sealed record QueueStats(QueueName Queue, QueueSettings Settings)
{
    /// <summary>Gets the number of ready messages, which can be taken now.</summary>
    public long Ready { get; init; }

    /// <summary>Gets the number of messages in flight, which are delivered and not yet settled.</summary>
    public long Leased { get; init; }

    /// <summary>Gets the number of delayed messages.</summary>
    public long Delayed { get; init; }

    /// <summary>Gets the number of dead letters.</summary>
    public long Dead { get; init; }

    /// <summary>Gets the number of messages added since the queue was created.</summary>
    public long TotalAdded { get; init; }

    /// <summary>Gets the number of messages deleted by a take or an ack since the queue was created.</summary>
    public long TotalSettled { get; init; }

    /// <summary>
    /// Gets the number of messages deleted at the end of their time to live since the queue was created.
    /// </summary>
    public long TotalExpired { get; init; }

    /// <summary>Gets how long the message at the head has been in the queue. Null when no message is ready.</summary>
    public TimeSpan? OldestAge { get; init; }

    /// <summary>Gets the number of live consumers that are connected to this host.</summary>
    public int Consumers { get; init; }

    /// <summary>
    /// Gets how many of <see cref="Consumers"/> are behind in a broadcast, because they read slowly or have come back
    /// and catch up.
    /// </summary>
    public int Behind { get; init; }

    /// <summary>Gets the number of messages in all states.</summary>
    public long Total => Ready + Leased + Delayed + Dead;
}
