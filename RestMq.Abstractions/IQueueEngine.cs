namespace RestMq;

/// <summary>
/// Provides the queues to applications, which inject this interface. Every call throws
/// <see cref="RestMqUnavailableException"/> when the store is away. An empty queue, a full queue and a stale receipt
/// are results, not exceptions. A value outside the limits (<c>RestMqOptions</c>) is an
/// <see cref="ArgumentException"/>, so check input from outside before you pass it on.
/// </summary>
public interface IQueueEngine
{
    /// <summary>Gets a description of the store for people: <c>memory</c>, or the Redis servers.</summary>
    string Store { get; }

    /// <summary>
    /// Adds one message. When the call returns <see cref="AddStatus.Added"/>, the store has the whole message.
    /// </summary>
    ValueTask<AddResult> AddAsync(QueueName queue, NewMessage message, CancellationToken cancellationToken = default);

    /// <summary>
    /// Adds several messages in one step and in order. When the queue has no room for all of them, none is added.
    /// </summary>
    ValueTask<IReadOnlyList<AddResult>> AddAsync(QueueName queue, IReadOnlyList<NewMessage> messages, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns the message at the head and leaves it there, but counts the look as a delivery. Returns null when no
    /// message is ready.
    /// </summary>
    ValueTask<QueueMessage?> PeekHeadAsync(QueueName queue, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns the message at the head and leaves it there. Returns null when no message is ready.
    /// </summary>
    /// <param name="queue">The queue.</param>
    /// <param name="countsDelivery">Whether the look counts as a delivery. If not, it changes nothing, and
    /// <see cref="QueueMessage.DeliveryCount"/> of a message that was never delivered is 0.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="NotSupportedException">The implementation only has looks that count.</exception>
    ValueTask<QueueMessage?> PeekHeadAsync(QueueName queue, bool countsDelivery, CancellationToken cancellationToken) => countsDelivery
        ? PeekHeadAsync(queue, cancellationToken)
        : throw new NotSupportedException(
            $"{nameof(PeekHeadAsync)} without counting a delivery must be implemented by {GetType()}, but is not.");

    /// <summary>
    /// Removes the message at the head from the queue and returns it. Returns null when no message is ready.
    /// </summary>
    ValueTask<QueueMessage?> TakeAsync(QueueName queue, CancellationToken cancellationToken = default);

    /// <summary>
    /// Leases messages. A message is in flight until it is settled or its lease ends. The queues are asked in order,
    /// and all messages come from the first queue that has any.
    /// </summary>
    /// <param name="queues">One or more queues.</param>
    /// <param name="max">The maximum number of messages.</param>
    /// <param name="lease">The length of the lease.</param>
    /// <param name="wait">How long to wait for the first message. Zero returns at once.</param>
    /// <param name="cancellationToken">Ends the wait. No message is leased after that.</param>
    /// <returns>The messages. Empty when none came within the wait.</returns>
    ValueTask<IReadOnlyList<QueueMessage>> LeaseAsync(
        IReadOnlyList<QueueName> queues, int max, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>Settles one delivery, or deletes a message by its key.</summary>
    ValueTask<SettleResult> SettleAsync(Settlement settlement, CancellationToken cancellationToken = default);

    /// <summary>
    /// Settles several deliveries of one queue in one step. Messages that go back to the head of the queue keep the
    /// order of the settlements.
    /// </summary>
    /// <returns>A result for each settlement.</returns>
    ValueTask<IReadOnlyList<SettleResult>> SettleAsync(
        QueueName queue, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns one message in any state and leaves it unchanged. Returns null when it does not exist.
    /// </summary>
    ValueTask<MessageSnapshot?> PeekAsync(MessageKey key, CancellationToken cancellationToken = default);

    /// <summary>Returns the newest messages in one state, newest first.</summary>
    ValueTask<IReadOnlyList<MessageSnapshot>> BrowseAsync(
        QueueName queue, MessageState state, int count, CancellationToken cancellationToken = default);

    /// <summary>Returns the number of ready messages.</summary>
    ValueTask<long> LengthAsync(QueueName queue, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes a queue: every message, the settings and the name. Ends the streams of its live consumers on every host.
    /// The ids of later messages continue after the last id.
    /// </summary>
    /// <returns>Whether there was anything to delete.</returns>
    ValueTask<bool> DeleteQueueAsync(QueueName queue, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes the messages in one state. Messages in other states, the settings and the streams stay. The purge takes
    /// bounded steps and lets other calls run between them, so messages that are added meanwhile may stay. The receipt
    /// of a deleted message settles nothing any more.
    /// </summary>
    /// <returns>The number of deleted messages.</returns>
    ValueTask<long> PurgeAsync(QueueName queue, MessageState state, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns a page of the names of queues, in the order of their UTF-8 bytes.
    /// <see cref="QueueEngineExtensions.ListAllAsync"/> returns all names. A new queue is normally listed when its
    /// first add is answered. While a part of the store is away, the queue is listed later.
    /// </summary>
    /// <param name="after">The name after which the page begins. A queue of this name need not exist. Null for the
    /// first page.</param>
    /// <param name="max">The maximum number of names. A full page may be the last page.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IReadOnlyList<QueueName>> ListAsync(QueueName? after = null, int max = 1000, CancellationToken cancellationToken = default);

    /// <summary>
    /// Rebuilds the index of queues, in case it was lost. The rebuild reads every key of the store.
    /// </summary>
    /// <returns>The number of queues.</returns>
    ValueTask<long> RebuildIndexAsync(CancellationToken cancellationToken = default);

    /// <summary>Returns the settings of a queue, or the defaults when the queue does not exist.</summary>
    ValueTask<QueueSettings> GetSettingsAsync(QueueName queue, CancellationToken cancellationToken = default);

    /// <summary>
    /// Changes settings, also of a queue that does not exist yet. Every host applies the change at once, or with its
    /// next slow poll (<c>RestMqOptions.SlowPoll</c>) if the wake-up was lost.
    /// </summary>
    /// <returns>The settings after the change.</returns>
    ValueTask<QueueSettings> ConfigureAsync(QueueName queue, QueueSettingsChange change, CancellationToken cancellationToken = default);

    /// <summary>
    /// Redrives all dead letters to the tail of the queue, oldest first. Each becomes a new message: its delivery count
    /// starts at 0 and it has no time to live.
    /// </summary>
    /// <returns>The number of redriven messages.</returns>
    ValueTask<long> RedriveAsync(QueueName queue, CancellationToken cancellationToken = default);

    /// <summary>Redrives one dead letter to the tail of its queue, as a new message.</summary>
    /// <returns>Whether the message was a dead letter.</returns>
    ValueTask<bool> RedriveAsync(MessageKey key, CancellationToken cancellationToken = default);

    /// <summary>Returns the statistics of a queue.</summary>
    ValueTask<QueueStats> StatsAsync(QueueName queue, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns the statistics of several queues, in their order. The store is asked concurrently, for a bounded number
    /// of queues at a time.
    /// </summary>
    ValueTask<IReadOnlyList<QueueStats>> StatsAsync(IReadOnlyList<QueueName> queues, CancellationToken cancellationToken = default);

    /// <summary>Binds a live consumer to a queue. The queue need not exist yet.</summary>
    /// <returns>The consumer. Null when this host already has <c>RestMqOptions.MaxConsumers</c> of the
    /// queue.</returns>
    ValueTask<ILiveConsumer?> SubscribeAsync(QueueName queue, LiveConsumerOptions options, CancellationToken cancellationToken = default);
}
