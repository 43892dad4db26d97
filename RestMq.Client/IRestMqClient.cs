namespace RestMq.Client;

/// <summary>
/// Provides access to the queues of a RestMQ host. A client is thread-safe and can live as long as the application.
/// <para>
/// A message is written and read as JSON by <see cref="RestMqClientOptions.SerializerOptions"/>. Texts and bytes are
/// not JSON: a <c>string</c> is sent as text, <c>byte[]</c> and <c>ReadOnlyMemory&lt;byte&gt;</c> are sent unchanged.
/// </para>
/// <para>
/// An empty queue and a stale receipt are return values, not exceptions. A request that the host refuses throws
/// <see cref="RestMqClientException"/>, and so does an add to a full queue (<see cref="ProblemTypes.Full"/>). A host that
/// cannot be reached throws <see cref="HttpRequestException"/>, the base class of <see cref="RestMqClientException"/>.
/// </para>
/// <para>
/// A queue has the same name here as in the host's URLs. Methods that take or lease messages accept several queues,
/// separated by commas. The first queue with a ready message answers.
/// </para>
/// <para>
/// The interface gains members in later versions, each with a default implementation that throws
/// <see cref="NotSupportedException"/>. So an implementation or substitute of today stays valid.
/// </para>
/// </summary>
public interface IRestMqClient
{
    /// <summary>
    /// Adds a message. The message is stored when the returned task completes. By default an add has an idempotency key
    /// (<see cref="RestMqClientOptions.IdempotentAdds"/>), so a retried request does not add the message twice.
    /// </summary>
    /// <param name="queue">The queue. It is created if it does not exist.</param>
    /// <param name="message">The message.</param>
    /// <param name="options">Delay, time to live, idempotency key, durability and content type.</param>
    /// <param name="cancellationToken">Cancels the request. The host may have added the message already.</param>
    /// <returns>
    /// The key of the message, such as <c>orders:12</c>. The status is <see cref="AddStatus.Added"/>, or
    /// <see cref="AddStatus.Duplicate"/> when the host recognised the idempotency key: nothing was added then, and the key
    /// is the one of the first message. It is never <see cref="AddStatus.Full"/>, which is an exception.
    /// </returns>
    /// <exception cref="RestMqClientException">The host refused the add, for example because the queue is full.</exception>
    Task<AddResult> AddAsync<T>(string queue, T message, AddMessageOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Adds several messages in one request and in order. The host adds all of them or none. A <c>string</c> is sent as
    /// a JSON string. Bytes cannot be sent by this method.
    /// </summary>
    /// <param name="queue">The queue. It is created if it does not exist.</param>
    /// <param name="messages">The messages. A host accepts at most 1000 in one request. An empty sequence sends no
    /// request.</param>
    /// <param name="options">Delay, time to live, idempotency key and durability, for all messages.</param>
    /// <param name="cancellationToken">Cancels the request. The host may have added the messages already.</param>
    /// <returns>The keys of the messages, in order, each with its status as for <see cref="AddAsync"/>.</returns>
    Task<IReadOnlyList<AddResult>> AddManyAsync<T>(
        string queue, IEnumerable<T> messages, AddMessageOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Adds a message from a stream, such as a file, without buffering it in memory. The stream is left open. A retry
    /// handler can send the request again only if the stream can seek.
    /// </summary>
    /// <inheritdoc cref="AddAsync"/>
    Task<AddResult> AddStreamAsync(string queue, Stream message, AddMessageOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes a message. The host deletes the message when it has sent it. For work that must not get lost use
    /// <see cref="LeaseAsync"/>.
    /// </summary>
    /// <param name="queue">The queue, or several queues separated by commas.</param>
    /// <param name="wait">How long to wait for a message. The host limits the wait, by default to 60 seconds. Zero
    /// returns at once. A wait of 1 second or more is rounded up to whole seconds.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The message, or null when no message was ready.</returns>
    Task<QueueMessage<T>?> TakeAsync<T>(string queue, TimeSpan wait = default, CancellationToken cancellationToken = default);

    /// <summary>Takes up to <paramref name="max"/> messages. Returns an empty list when no message was ready.</summary>
    /// <inheritdoc cref="TakeAsync"/>
    Task<IReadOnlyList<QueueMessage<T>>> TakeManyAsync<T>(
        string queue, int max, TimeSpan wait = default, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes or leases a message and streams its bytes. The caller disposes the message. A leased message is settled by
    /// its <see cref="StreamMessage.Receipt"/>.
    /// </summary>
    /// <param name="queue">The queue, or several queues separated by commas.</param>
    /// <param name="lease">How long to lease the message. Null takes the message without a lease.</param>
    /// <param name="wait">How long to wait for a message, as for <see cref="TakeAsync"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The message, or null when no message was ready.</returns>
    Task<StreamMessage?> TakeStreamAsync(
        string queue, TimeSpan? lease = null, TimeSpan wait = default, CancellationToken cancellationToken = default);

    /// <summary>
    /// Leases a message. The message belongs to the caller until it is settled or the lease ends. Disposing an
    /// unsettled message releases it.
    /// </summary>
    /// <param name="queue">The queue, or several queues separated by commas.</param>
    /// <param name="lease">How long to lease the message, from 1 second to 12 hours.</param>
    /// <param name="wait">How long to wait for a message. The host limits the wait, by default to 60 seconds. Zero
    /// returns at once. A wait of 1 second or more is rounded up to whole seconds.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The message, or null when no message was ready.</returns>
    Task<LeasedMessage<T>?> LeaseAsync<T>(string queue, TimeSpan lease, TimeSpan wait = default, CancellationToken cancellationToken = default);

    /// <summary>
    /// Leases up to <paramref name="max"/> messages. Returns an empty list when no message was ready.
    /// </summary>
    /// <inheritdoc cref="LeaseAsync"/>
    Task<IReadOnlyList<LeasedMessage<T>>> LeaseManyAsync<T>(
        string queue, int max, TimeSpan lease, TimeSpan wait = default, CancellationToken cancellationToken = default);

    /// <summary>
    /// Acks a message: the work is done, and the host deletes the message. To delete a message that this consumer does not
    /// hold, use <see cref="DeleteAsync"/>.
    /// </summary>
    /// <param name="receipt">The receipt, such as <c>orders:12.3</c>. <see cref="Receipt.Parse"/> reads it from
    /// text.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>True when the message was settled. False when the receipt is stale or the message is gone; nothing was
    /// changed then.</returns>
    /// <exception cref="ArgumentException">The receipt is not that of a delivery.</exception>
    Task<bool> AckAsync(Receipt receipt, CancellationToken cancellationToken = default);

    /// <summary>Extends the lease, so that it ends after <paramref name="lease"/> from now.</summary>
    /// <inheritdoc cref="AckAsync"/>
    Task<bool> ExtendAsync(Receipt receipt, TimeSpan lease, CancellationToken cancellationToken = default);

    /// <summary>Releases a message to the head of its queue, at once or after a delay. The delivery counts.</summary>
    /// <inheritdoc cref="AckAsync"/>
    Task<bool> ReleaseAsync(Receipt receipt, TimeSpan delay = default, CancellationToken cancellationToken = default);

    /// <summary>Buries a message as a dead letter, with a reason of 1 to 200 characters.</summary>
    /// <inheritdoc cref="AckAsync"/>
    Task<bool> BuryAsync(Receipt receipt, string reason, CancellationToken cancellationToken = default);

    /// <summary>Deletes a message in any state, also while another consumer has it.</summary>
    /// <param name="key">The key, such as <c>orders:12</c>. <see cref="MessageKey.Parse"/> reads it from text.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>Whether there was a message to delete.</returns>
    Task<bool> DeleteAsync(MessageKey key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gets the message at the head of the queue and leaves it there. The read raises the message's
    /// <see cref="QueueMessage{T}.DeliveryCount"/>. Returns null when no message is ready.
    /// </summary>
    Task<QueueMessage<T>?> PeekHeadAsync<T>(string queue, CancellationToken cancellationToken = default);

    /// <summary>Peeks at one message in any state, without changing it. Returns null when it does not exist.</summary>
    Task<PeekedMessage<T>?> PeekAsync<T>(MessageKey key, CancellationToken cancellationToken = default);

    /// <summary>Peeks at the ten newest messages in one state, newest first.</summary>
    Task<IReadOnlyList<PeekedMessage<T>>> BrowseAsync<T>(
        string queue, MessageState state = MessageState.Ready, CancellationToken cancellationToken = default);

    /// <summary>
    /// Streams the queue's messages as a live consumer. After a lost connection the client reconnects, with growing
    /// pauses, and resumes after the last message received (<see cref="QueueMessage{T}.EventId"/>). The stream ends
    /// when the token is cancelled, when the caller leaves the loop, or when the host refuses it, for example with 401.
    /// </summary>
    /// <param name="queue">The queue. It need not exist.</param>
    /// <param name="options">Where the stream starts, and how it reconnects.</param>
    /// <param name="cancellationToken">Ends the stream with an <see cref="OperationCanceledException"/>.</param>
    IAsyncEnumerable<QueueMessage<T>> ConsumeAsync<T>(string queue, ConsumeOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Streams the queue's messages and leases each to this consumer alone (an acknowledged stream). At most
    /// <paramref name="prefetch"/> messages are unsettled at a time. When the connection is lost, the host releases the
    /// unsettled messages at once. Settling them then returns false.
    /// </summary>
    /// <param name="queue">The queue. It need not exist.</param>
    /// <param name="lease">How long each message is leased, from 1 second to 12 hours.</param>
    /// <param name="prefetch">How many messages may be unsettled at a time, 1 to 1000.</param>
    /// <param name="options">How the stream reconnects. <see cref="ConsumeOptions.ResumeAfter"/> is not for leased
    /// messages.</param>
    /// <param name="cancellationToken">Ends the stream with an <see cref="OperationCanceledException"/>.</param>
    IAsyncEnumerable<LeasedMessage<T>> ConsumeLeasedAsync<T>(
        string queue, TimeSpan lease, int prefetch = 10, ConsumeOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes the queue: its messages, its settings and its name. Its live streams end.</summary>
    /// <returns>True when there was something to delete.</returns>
    Task<bool> DeleteQueueAsync(string queue, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes the messages in one state, such as the dead letters. Messages in other states, the settings and the live
    /// streams stay.
    /// </summary>
    /// <returns>The number of deleted messages.</returns>
    Task<long> PurgeAsync(string queue, MessageState state, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns the names of all queues, in the order of their UTF-8 bytes. The client asks the host for one page at a
    /// time, so a queue that is created or purged meanwhile may or may not be listed.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    IAsyncEnumerable<QueueName> ListAllAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns the statistics of all queues, in the order of <see cref="ListAllAsync"/> and page by page like it.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    IAsyncEnumerable<QueueStats> StatsOfAllAsync(CancellationToken cancellationToken = default);

    /// <summary>Returns the statistics of the queue.</summary>
    Task<QueueStats> StatsAsync(string queue, CancellationToken cancellationToken = default);

    /// <summary>Returns the settings of the queue, or the defaults when the queue does not exist.</summary>
    Task<QueueSettings> GetSettingsAsync(string queue, CancellationToken cancellationToken = default);

    /// <summary>
    /// Changes settings of the queue, also of a queue that does not exist yet. A property that is null is not changed.
    /// </summary>
    /// <returns>The settings after the change.</returns>
    Task<QueueSettings> ConfigureAsync(string queue, QueueSettingsChange change, CancellationToken cancellationToken = default);

    /// <summary>Redrives the dead letters: they return to the tail of the queue as new messages.</summary>
    /// <returns>The number of redriven messages.</returns>
    Task<long> RedriveAsync(string queue, CancellationToken cancellationToken = default);

    /// <summary>
    /// Redrives one dead letter: it returns to the tail of its queue as a new message. Returns false when the message
    /// is not a dead letter.
    /// </summary>
    Task<bool> RedriveAsync(MessageKey key, CancellationToken cancellationToken = default);
}
