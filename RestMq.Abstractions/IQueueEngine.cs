namespace RestMq;

/// <summary>
/// The queues, for applications to inject. Every call throws <see cref="RestMqUnavailableException"/> when the store is
/// away; an empty queue, a full one, a stale receipt are answers, not exceptions. Limits (<c>RestMqOptions</c>)
/// are the caller's to check where input comes from outside; the engine refuses what breaks them with
/// <see cref="ArgumentException"/>.
/// </summary>
public interface IQueueEngine
{
    /// <summary>Where the messages are, in words for a person: <c>memory</c>, or the Redis servers.</summary>
    string Store { get; }

    /// <summary>Adds one message. When it returns, the message is in the store, whole.</summary>
    ValueTask<AddResult> AddAsync(QueueName queue, NewMessage message, CancellationToken cancellationToken = default);

    /// <summary>
    /// Adds several messages in one step and in order: all, or none when the queue has not room for all.
    /// </summary>
    ValueTask<IReadOnlyList<AddResult>> AddAsync(QueueName queue, IReadOnlyList<NewMessage> messages, CancellationToken cancellationToken = default);

    /// <summary>
    /// Looks at the message at the head and counts the look, leaving it there; null when nothing is ready.
    /// </summary>
    ValueTask<QueueMessage?> GetAsync(QueueName queue, CancellationToken cancellationToken = default);

    /// <summary>Takes the message at the head out of the queue for good; null when nothing is ready.</summary>
    ValueTask<QueueMessage?> TakeAsync(QueueName queue, CancellationToken cancellationToken = default);

    /// <summary>
    /// Hands out messages until they are settled or the lease ends. Queues are asked in order; the first that has
    /// something answers.
    /// </summary>
    /// <param name="queues">One or more queues.</param>
    /// <param name="max">How many messages at most.</param>
    /// <param name="lease">For how long.</param>
    /// <param name="wait">How long to wait for the first message; zero to answer at once.</param>
    /// <param name="cancellationToken">Ends the wait. Nothing is handed out after it.</param>
    /// <returns>The messages; none when the wait is over.</returns>
    ValueTask<IReadOnlyList<QueueMessage>> LeaseAsync(
        IReadOnlyList<QueueName> queues, int max, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>Settles one hand-out, or deletes a message by its key.</summary>
    ValueTask<SettleResult> SettleAsync(Settlement settlement, CancellationToken cancellationToken = default);

    /// <summary>
    /// Settles several hand-outs of one queue in one step; those that go back to the head of the queue keep this order.
    /// </summary>
    /// <returns>A result for each.</returns>
    ValueTask<IReadOnlyList<SettleResult>> SettleAsync(
        QueueName queue, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken = default);

    /// <summary>Looks at one message wherever it is, unchanged; null when there is none.</summary>
    ValueTask<MessageSnapshot?> PeekAsync(MessageKey key, CancellationToken cancellationToken = default);

    /// <summary>The newest messages in one place, newest first.</summary>
    ValueTask<IReadOnlyList<MessageSnapshot>> LastAsync(
        QueueName queue, MessageState state, int count, CancellationToken cancellationToken = default);

    /// <summary>How many messages are ready.</summary>
    ValueTask<long> LengthAsync(QueueName queue, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes every message, the settings and the queue's name, and ends its live consumers' streams on every daemon;
    /// ids go on.
    /// </summary>
    /// <returns>Whether there was anything to delete.</returns>
    ValueTask<bool> PurgeAsync(QueueName queue, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes the messages in one place; the other places, the settings and the streams stay. It goes by bounded
    /// steps, so other calls come in between, and what others add meanwhile may stay. A receipt of a leased message
    /// that was deleted settles nothing any more.
    /// </summary>
    /// <returns>How many were deleted.</returns>
    ValueTask<long> PurgeAsync(QueueName queue, MessageState state, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns a page of the names of queues, in the order of their UTF-8 bytes.
    /// <see cref="QueueEngineExtensions.ListAllAsync"/> returns all. A new queue is normally listed when its add is
    /// answered; where a part of the store is away, it is listed later.
    /// </summary>
    /// <param name="after">The name after which the page begins, whether or not there is such a queue; null for the
    /// first page.</param>
    /// <param name="max">How many names at most. A full page may be the last.</param>
    /// <param name="cancellationToken">Ends it.</param>
    ValueTask<IReadOnlyList<QueueName>> ListAsync(QueueName? after = null, int max = 1000, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lists every queue that the store has, should the list of queues have been lost. It takes a look at every key of
    /// the store.
    /// </summary>
    /// <returns>How many queues there are.</returns>
    ValueTask<long> RebuildIndexAsync(CancellationToken cancellationToken = default);

    /// <summary>A queue's settings; the defaults when it does not exist.</summary>
    ValueTask<QueueSettings> GetSettingsAsync(QueueName queue, CancellationToken cancellationToken = default);

    /// <summary>
    /// Changes settings, also of a queue that does not exist yet; every daemon follows at once, or with its next slow
    /// poll (<c>RestMqOptions.SlowPoll</c>) if the word of it got lost.
    /// </summary>
    ValueTask<QueueSettings> ConfigureAsync(QueueName queue, QueueSettingsChange change, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns dead letters to the tail of the queue, oldest first, as new: with a fresh count and no time to die.
    /// </summary>
    /// <returns>How many.</returns>
    ValueTask<long> RedriveAsync(QueueName queue, CancellationToken cancellationToken = default);

    /// <summary>Returns one dead letter to the tail of its queue, as new.</summary>
    /// <returns>Whether there was such a dead letter.</returns>
    ValueTask<bool> RedriveAsync(MessageKey key, CancellationToken cancellationToken = default);

    /// <summary>A queue in numbers.</summary>
    ValueTask<QueueStats> StatsAsync(QueueName queue, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns the statistics of several queues, in their order. The store is asked concurrently, for a bounded number
    /// of queues at a time.
    /// </summary>
    ValueTask<IReadOnlyList<QueueStats>> StatsAsync(IReadOnlyList<QueueName> queues, CancellationToken cancellationToken = default);

    /// <summary>Binds a live consumer; the queue need not exist yet.</summary>
    /// <returns>The consumer, or null when the queue has <c>RestMqOptions.MaxConsumers</c> on this
    /// daemon.</returns>
    ValueTask<ILiveConsumer?> SubscribeAsync(QueueName queue, LiveConsumerOptions options, CancellationToken cancellationToken = default);
}
