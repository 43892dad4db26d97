namespace RestMq.Sample.Cli;

/// <summary>
/// What the verbs ask of the queues: of the engine in this process, or of a host by its URL. A message is a line of
/// JSON, as the routes send it. What cannot be done is a <see cref="VerbException"/>.
/// </summary>
internal interface IQueues : IAsyncDisposable
{
    /// <summary>Does a command of the JSON protocol, and returns its reply.</summary>
    Task<ReadOnlyMemory<byte>> AskAsync(ReadOnlyMemory<byte> command, CancellationToken cancellationToken);

    /// <summary>
    /// Takes up to <paramref name="max"/> messages, waiting for the first; none when the wait is over.
    /// </summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> TakeAsync(QueueName queue, int max, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>A queue in numbers, or every queue.</summary>
    IAsyncEnumerable<QueueStats> StatsAsync(QueueName? queue, CancellationToken cancellationToken);

    /// <summary>
    /// Lists every queue that Redis has, should the list of them have been lost; returns how many there are.
    /// </summary>
    Task<long> ReindexAsync(CancellationToken cancellationToken);

    /// <summary>The newest messages in one place, newest first.</summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> LastAsync(QueueName queue, MessageState state, CancellationToken cancellationToken);

    /// <summary>Every message as it comes, until the queue is purged.</summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> ListenAsync(QueueName queue, long? after, CancellationToken cancellationToken);
}
