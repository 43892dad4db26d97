namespace RestMq.Server.Cli;

/// <summary>
/// Provides the operations of the verbs, on the engine in this process or on a host. A message is a line of JSON, as
/// the routes send it. Failures are thrown as <see cref="VerbException"/>.
/// </summary>
internal interface IQueues : IAsyncDisposable
{
    /// <summary>Carries out a command of the JSON protocol and returns its reply.</summary>
    Task<ReadOnlyMemory<byte>> AskAsync(ReadOnlyMemory<byte> command, CancellationToken cancellationToken);

    /// <summary>
    /// Takes up to <paramref name="max"/> messages, and waits for the first one. Returns none when the wait ends.
    /// </summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> TakeAsync(QueueName queue, int max, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Returns the numbers of a queue, or of every queue.</summary>
    IAsyncEnumerable<QueueStats> StatsAsync(QueueName? queue, CancellationToken cancellationToken);

    /// <summary>
    /// Rebuilds the index of queues from Redis after it was lost. Returns the number of queues.
    /// </summary>
    Task<long> ReindexAsync(CancellationToken cancellationToken);

    /// <summary>Returns the newest messages in one state, newest first.</summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> LastAsync(QueueName queue, MessageState state, CancellationToken cancellationToken);

    /// <summary>Returns every message as it comes, until the queue is purged.</summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> ListenAsync(QueueName queue, long? after, CancellationToken cancellationToken);
}
