namespace RestMq.Client;

/// <summary>
/// The queues of a RestMQ host. It is safe to use from many threads, and to keep for as long as the application runs.
/// <para>
/// A message is JSON, as <see cref="RestMqClientOptions.SerializerOptions"/> say; but a <c>string</c> is a text, and
/// <c>byte[]</c> and <c>ReadOnlyMemory&lt;byte&gt;</c> are bytes as they are. An empty queue, and a receipt that is no
/// longer current, are answers. What the host refuses is a <see cref="RestMqClientException"/>, and a host that cannot
/// be reached an <see cref="HttpRequestException"/>, which the first is too. Queues are named as in a URL of the host;
/// those that take messages may be several, comma between: the first that has something answers.
/// </para>
/// </summary>
public interface IRestMqClient
{
    /// <summary>
    /// Adds a message. When it returns, the message is kept. It may be tried again without being added twice.
    /// </summary>
    /// <param name="queue">The queue, which need not exist.</param>
    /// <param name="message">The message.</param>
    /// <param name="options">Delay, time to live and the like.</param>
    /// <param name="cancellationToken">Ends the attempt; the message may have been added.</param>
    /// <returns>The message's key, such as <c>orders:12</c>.</returns>
    Task<string> AddAsync<T>(string queue, T message, AddMessageOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Adds several messages in one request, in order: all of them, or none. A text goes as a JSON string; bytes cannot
    /// go this way.
    /// </summary>
    /// <param name="queue">The queue, which need not exist.</param>
    /// <param name="messages">The messages, of which the host takes 1000 at most at a time; with none, nothing is
    /// done.</param>
    /// <param name="options">Delay, time to live and the like, for all of them.</param>
    /// <param name="cancellationToken">Ends the attempt; the messages may have been added.</param>
    /// <returns>Their keys, in order.</returns>
    Task<IReadOnlyList<string>> AddManyAsync<T>(
        string queue, IEnumerable<T> messages, AddMessageOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Adds a message from a stream, such as a file, without holding it in memory. The stream is left open; only one
    /// that can seek can be tried again.
    /// </summary>
    /// <inheritdoc cref="AddAsync"/>
    Task<string> AddStreamAsync(string queue, Stream message, AddMessageOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes a message, which the host deletes once it has sent it. Work that must be done whatever happens takes a
    /// lease instead.
    /// </summary>
    /// <param name="queue">The queue, or several with commas between.</param>
    /// <param name="wait">How long to wait for a message, as far as the host allows (60 seconds); zero asks and
    /// returns. Over a second, it is whole seconds.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The message; null when there was none.</returns>
    Task<QueueMessage<T>?> TakeAsync<T>(string queue, TimeSpan wait = default, CancellationToken cancellationToken = default);

    /// <summary>Takes up to <paramref name="max"/> messages; none when there were none.</summary>
    /// <inheritdoc cref="TakeAsync"/>
    Task<IReadOnlyList<QueueMessage<T>>> TakeManyAsync<T>(
        string queue, int max, TimeSpan wait = default, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes a message as a stream of its bytes, which is to be disposed; with a lease it is then settled by its
    /// receipt.
    /// </summary>
    /// <param name="queue">The queue, or several with commas between.</param>
    /// <param name="lease">For how long it is the caller's to settle; null to take it.</param>
    /// <param name="wait">How long to wait for a message, as for <see cref="TakeAsync"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The message; null when there was none.</returns>
    Task<StreamMessage?> TakeStreamAsync(
        string queue, TimeSpan? lease = null, TimeSpan wait = default, CancellationToken cancellationToken = default);

    /// <summary>
    /// Hands out a message until it is settled or the lease ends. Disposing it unsettled gives it back.
    /// </summary>
    /// <param name="queue">The queue, or several with commas between.</param>
    /// <param name="lease">For how long, from a second to 12 hours.</param>
    /// <param name="wait">How long to wait for a message, as far as the host allows (60 seconds); zero asks and
    /// returns. Over a second, it is whole seconds.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The message; null when there was none.</returns>
    Task<LeasedMessage<T>?> LeaseAsync<T>(string queue, TimeSpan lease, TimeSpan wait = default, CancellationToken cancellationToken = default);

    /// <summary>Hands out up to <paramref name="max"/> messages; none when there were none.</summary>
    /// <inheritdoc cref="LeaseAsync"/>
    Task<IReadOnlyList<LeasedMessage<T>>> LeaseManyAsync<T>(
        string queue, int max, TimeSpan lease, TimeSpan wait = default, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes a message: the work is done. Given a key rather than a receipt, it deletes the message wherever it is.
    /// </summary>
    /// <param name="receipt">The receipt, such as <c>orders:12.3</c>.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>False when it is not, or no longer, the caller's, and nothing was changed; so for all that
    /// settle.</returns>
    Task<bool> AckAsync(string receipt, CancellationToken cancellationToken = default);

    /// <summary>Lets the lease end so much later from now.</summary>
    /// <inheritdoc cref="AckAsync"/>
    Task<bool> ExtendAsync(string receipt, TimeSpan lease, CancellationToken cancellationToken = default);

    /// <summary>Gives a message back to the head of its queue, at once or after a delay; the hand-out counts.</summary>
    /// <inheritdoc cref="AckAsync"/>
    Task<bool> ReleaseAsync(string receipt, TimeSpan delay = default, CancellationToken cancellationToken = default);

    /// <summary>Puts a message among the dead letters, with a reason of 1 to 200 characters.</summary>
    /// <inheritdoc cref="AckAsync"/>
    Task<bool> BuryAsync(string receipt, string reason, CancellationToken cancellationToken = default);

    /// <summary>
    /// Looks at the message at the head and counts the look, leaving it there; null when nothing is ready.
    /// </summary>
    Task<QueueMessage<T>?> GetAsync<T>(string queue, CancellationToken cancellationToken = default);

    /// <summary>Looks at one message wherever it is, unchanged; null when there is none.</summary>
    Task<PeekedMessage<T>?> PeekAsync<T>(string key, CancellationToken cancellationToken = default);

    /// <summary>The newest ten messages in one place, newest first.</summary>
    Task<IReadOnlyList<PeekedMessage<T>>> LastAsync<T>(
        string queue, MessagePlace place = MessagePlace.Ready, CancellationToken cancellationToken = default);

    /// <summary>
    /// The queue's live messages, for ever: a lost connection is made again, with growing pauses, and goes on after the
    /// last message received (<see cref="QueueMessage{T}.EventId"/>). It ends by its token, by leaving the loop, or by
    /// a refusal of the host such as 401.
    /// </summary>
    /// <param name="queue">The queue, which need not exist.</param>
    /// <param name="options">Where to begin, and the pauses.</param>
    /// <param name="cancellationToken">Ends the stream, with an <see cref="OperationCanceledException"/>.</param>
    IAsyncEnumerable<QueueMessage<T>> ConsumeAsync<T>(string queue, ConsumeOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// The queue's live messages, each leased to this consumer alone until it is settled. At most
    /// <paramref name="prefetch"/> are unsettled at a time. When the connection is lost, the host gives them to others
    /// at once: settling one then returns false.
    /// </summary>
    /// <param name="queue">The queue, which need not exist.</param>
    /// <param name="lease">For how long, from a second to 12 hours.</param>
    /// <param name="prefetch">How many are unsettled at most, 1 to 1000.</param>
    /// <param name="options">The pauses; where to begin is not for leased messages.</param>
    /// <param name="cancellationToken">Ends the stream, with an <see cref="OperationCanceledException"/>.</param>
    IAsyncEnumerable<LeasedMessage<T>> ConsumeLeasedAsync<T>(
        string queue, TimeSpan lease, int prefetch = 10, ConsumeOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes the queue: every message, its settings and its name; its live streams end.</summary>
    /// <returns>Whether there was anything to delete.</returns>
    Task<bool> PurgeAsync(string queue, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes the messages in one place, such as the dead letters. The other places, the settings and the streams
    /// stay.
    /// </summary>
    /// <returns>How many.</returns>
    Task<long> PurgeAsync(string queue, MessagePlace place, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns the names of all queues, in the order of their UTF-8 bytes. The host is asked for a page at a time: a
    /// queue that is made or purged meanwhile may be missing or named.
    /// </summary>
    /// <param name="cancellationToken">Ends it, with an <see cref="OperationCanceledException"/>.</param>
    IAsyncEnumerable<string> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns every queue in numbers, in the order of <see cref="ListAsync"/> and page by page as there.
    /// </summary>
    /// <param name="cancellationToken">Ends it, with an <see cref="OperationCanceledException"/>.</param>
    IAsyncEnumerable<QueueInfo> StatsAsync(CancellationToken cancellationToken = default);

    /// <summary>The queue in numbers.</summary>
    Task<QueueInfo> StatsAsync(string queue, CancellationToken cancellationToken = default);

    /// <summary>The queue's policy and settings.</summary>
    Task<QueueConfiguration> GetConfigurationAsync(string queue, CancellationToken cancellationToken = default);

    /// <summary>Changes the queue's policy and settings: what is null stays as it is.</summary>
    /// <returns>All of them, as they are now.</returns>
    Task<QueueConfiguration> ConfigureAsync(string queue, QueueConfiguration change, CancellationToken cancellationToken = default);

    /// <summary>Lets the queue's live streams go on.</summary>
    Task StartAsync(string queue, CancellationToken cancellationToken = default);

    /// <summary>Pauses the queue's live streams; messages are kept, and can still be taken.</summary>
    Task StopAsync(string queue, CancellationToken cancellationToken = default);

    /// <summary>Returns the dead letters to the tail of the queue, as new.</summary>
    /// <returns>How many.</returns>
    Task<long> RedriveAsync(string queue, CancellationToken cancellationToken = default);

    /// <summary>Returns one dead letter to the tail of its queue, as new; false when the message is not dead.</summary>
    Task<bool> RedriveOneAsync(string key, CancellationToken cancellationToken = default);
}
