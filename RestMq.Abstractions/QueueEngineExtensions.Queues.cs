namespace RestMq;

public static partial class QueueEngineExtensions
{
    /// <inheritdoc cref="IQueueEngine.PeekHeadAsync(QueueName, CancellationToken)"/>
    public static ValueTask<QueueMessage?> PeekHeadAsync(this IQueueEngine engine, string queue, CancellationToken cancellationToken = default) =>
        engine.PeekHeadAsync(Name(queue), cancellationToken);

    /// <inheritdoc cref="IQueueEngine.TakeAsync"/>
    public static ValueTask<QueueMessage?> TakeAsync(this IQueueEngine engine, string queue, CancellationToken cancellationToken = default) =>
        engine.TakeAsync(Name(queue), cancellationToken);

    /// <summary>Leases one message. The message is in flight until it is settled or its lease ends.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="queue">The queue, or several queues separated by commas. The first queue with a ready message
    /// answers.</param>
    /// <param name="lease">The length of the lease.</param>
    /// <param name="wait">How long to wait for a message. Zero returns at once.</param>
    /// <param name="cancellationToken">Ends the wait. No message is leased after that.</param>
    /// <returns>The message. Null when none came within the wait.</returns>
    public static async ValueTask<QueueMessage?> LeaseAsync(
        this IQueueEngine engine, string queue, TimeSpan lease, TimeSpan wait = default, CancellationToken cancellationToken = default) =>
        await engine.LeaseManyAsync(queue, 1, lease, wait, cancellationToken).ConfigureAwait(false) is [var message, ..] ? message : null;

    /// <summary>Leases messages. A message is in flight until it is settled or its lease ends.</summary>
    /// <inheritdoc cref="LeaseAsync"/>
    /// <param name="engine">The engine.</param>
    /// <param name="queue">The queue, or several queues separated by commas. All messages come from the first queue that
    /// has any.</param>
    /// <param name="max">The maximum number of messages.</param>
    /// <param name="lease">The length of the lease.</param>
    /// <param name="wait">How long to wait for the first message. Zero returns at once.</param>
    /// <param name="cancellationToken">Ends the wait. No message is leased after that.</param>
    /// <returns>The messages. Empty when none came within the wait.</returns>
    public static ValueTask<IReadOnlyList<QueueMessage>> LeaseManyAsync(
        this IQueueEngine engine, string queue, int max, TimeSpan lease, TimeSpan wait = default, CancellationToken cancellationToken = default) =>
        engine.LeaseAsync(QueueName.ArgumentList(queue, nameof(queue)), max, lease, wait, cancellationToken);

    /// <inheritdoc cref="IQueueEngine.BrowseAsync"/>
    public static ValueTask<IReadOnlyList<MessageSnapshot>> BrowseAsync(
        this IQueueEngine engine, string queue, MessageState state, int count, CancellationToken cancellationToken = default) =>
        engine.BrowseAsync(Name(queue), state, count, cancellationToken);

    /// <inheritdoc cref="IQueueEngine.LengthAsync"/>
    public static ValueTask<long> LengthAsync(this IQueueEngine engine, string queue, CancellationToken cancellationToken = default) =>
        engine.LengthAsync(Name(queue), cancellationToken);

    /// <inheritdoc cref="IQueueEngine.DeleteQueueAsync"/>
    public static ValueTask<bool> DeleteQueueAsync(this IQueueEngine engine, string queue, CancellationToken cancellationToken = default) =>
        engine.DeleteQueueAsync(Name(queue), cancellationToken);

    /// <inheritdoc cref="IQueueEngine.PurgeAsync"/>
    public static ValueTask<long> PurgeAsync(
        this IQueueEngine engine, string queue, MessageState state, CancellationToken cancellationToken = default) =>
        engine.PurgeAsync(Name(queue), state, cancellationToken);

    /// <inheritdoc cref="PurgeAsync(IQueueEngine, QueueName, CancellationToken)"/>
    public static ValueTask<long> PurgeAsync(this IQueueEngine engine, string queue, CancellationToken cancellationToken = default) =>
        engine.PurgeAsync(Name(queue), cancellationToken);

    /// <inheritdoc cref="IQueueEngine.ListAsync"/>
    public static ValueTask<IReadOnlyList<QueueName>> ListAsync(
        this IQueueEngine engine, string after, int max = 1000, CancellationToken cancellationToken = default) =>
        engine.ListAsync(QueueName.Argument(after, nameof(after)), max, cancellationToken);

    /// <inheritdoc cref="IQueueEngine.GetSettingsAsync"/>
    public static ValueTask<QueueSettings> GetSettingsAsync(this IQueueEngine engine, string queue, CancellationToken cancellationToken = default) =>
        engine.GetSettingsAsync(Name(queue), cancellationToken);

    /// <inheritdoc cref="IQueueEngine.ConfigureAsync"/>
    public static ValueTask<QueueSettings> ConfigureAsync(
        this IQueueEngine engine, string queue, QueueSettingsChange change, CancellationToken cancellationToken = default) =>
        engine.ConfigureAsync(Name(queue), change, cancellationToken);

    /// <summary>Pauses the queue's live streams. Messages are kept and can still be taken.</summary>
    /// <returns>The settings after the change.</returns>
    public static ValueTask<QueueSettings> PauseAsync(this IQueueEngine engine, string queue, CancellationToken cancellationToken = default) =>
        engine.ConfigureAsync(Name(queue), new QueueSettingsChange { Stopped = true }, cancellationToken);

    /// <summary>Resumes the queue's live streams after <see cref="PauseAsync"/>.</summary>
    /// <returns>The settings after the change.</returns>
    public static ValueTask<QueueSettings> ResumeAsync(this IQueueEngine engine, string queue, CancellationToken cancellationToken = default) =>
        engine.ConfigureAsync(Name(queue), new QueueSettingsChange { Stopped = false }, cancellationToken);

    /// <inheritdoc cref="IQueueEngine.RedriveAsync(QueueName, CancellationToken)"/>
    public static ValueTask<long> RedriveAsync(this IQueueEngine engine, string queue, CancellationToken cancellationToken = default) =>
        engine.RedriveAsync(Name(queue), cancellationToken);

    /// <inheritdoc cref="IQueueEngine.StatsAsync(QueueName, CancellationToken)"/>
    public static ValueTask<QueueStats> StatsAsync(this IQueueEngine engine, string queue, CancellationToken cancellationToken = default) =>
        engine.StatsAsync(Name(queue), cancellationToken);

    /// <inheritdoc cref="IQueueEngine.StatsAsync(IReadOnlyList{QueueName}, CancellationToken)"/>
    public static ValueTask<IReadOnlyList<QueueStats>> StatsAsync(
        this IQueueEngine engine, IReadOnlyList<string> queues, CancellationToken cancellationToken = default) =>
        engine.StatsAsync([.. queues.Select(name => QueueName.Argument(name, nameof(queues)))], cancellationToken);

    /// <inheritdoc cref="IQueueEngine.SubscribeAsync"/>
    public static ValueTask<ILiveConsumer?> SubscribeAsync(
        this IQueueEngine engine, string queue, LiveConsumerOptions options, CancellationToken cancellationToken = default) =>
        engine.SubscribeAsync(Name(queue), options, cancellationToken);
}
