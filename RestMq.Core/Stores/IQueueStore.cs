namespace RestMq.Stores;

/// <summary>
/// Stores the messages for the engine. Every operation is atomic. The frequent operations take batches, so the engine
/// can send the concurrent calls of one queue as one call (group commit). All times are by the store's own clock. The
/// same contract tests run on every implementation. A store that is away throws
/// <see cref="RestMqUnavailableException"/>.
/// </summary>
internal interface IQueueStore
{
    /// <summary>Gets a description of the store for people.</summary>
    string Description { get; }

    /// <summary>Gets whether each call costs a network round trip, so that group commit saves time.</summary>
    bool IsRemote { get; }

    /// <summary>Returns whether the store supports adds of this durability.</summary>
    bool Supports(Durability durability) => durability is Durability.Stored;

    /// <summary>
    /// Adds messages in order. Skips duplicates, and messages for which the queue is full. If the message or the
    /// queue's setting asks for replication, the result holds the point to wait for (<see cref="AddResult.Awaits"/>).
    /// </summary>
    /// <param name="queue">The queue.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="allOrNothing">Whether to add all messages or none: without room for all of them, the queue counts as
    /// full.</param>
    /// <param name="cancellationToken">Cancels the call before it has begun.</param>
    /// <returns>A result for each message.</returns>
    ValueTask<AddResult[]> AddAsync(QueueName queue, IReadOnlyList<NewMessage> messages, bool allOrNothing, CancellationToken cancellationToken);

    /// <summary>Waits until enough replicas have all writes up to a point.</summary>
    /// <exception cref="RestMqNotReplicatedException">The replicas did not confirm in time, the wait was canceled, or
    /// the result is not known.</exception>
    ValueTask ReplicatedAsync(ReplicationPoint point, CancellationToken cancellationToken) =>
        throw new NotSupportedException(
            "This store does not support Durability.Replicated, so there is no replication point to wait for.");

    /// <summary>
    /// Moves due messages, then leases messages from the head. The first request is served in full before the second,
    /// and so on.
    /// </summary>
    ValueTask<LeasedBatch> LeaseAsync(QueueName queue, IReadOnlyList<LeaseRequest> requests, CancellationToken cancellationToken);

    /// <summary>Settles deliveries (at least 1), one after another. The fence of each receipt must match.</summary>
    /// <returns>A result for each settlement.</returns>
    ValueTask<SettleResult[]> SettleAsync(QueueName queue, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken);

    /// <summary>
    /// Settles deliveries, then leases messages, so that the concurrent calls of one queue share one call of the store.
    /// </summary>
    async ValueTask<Exchanged> ExchangeAsync(
        QueueName queue, IReadOnlyList<Settlement> settlements, IReadOnlyList<LeaseRequest> requests, CancellationToken cancellationToken)
    {
        var settled = settlements.Count == 0 ? [] : await SettleAsync(queue, settlements, cancellationToken).ConfigureAwait(false);
        return new Exchanged(settled, requests.Count == 0 ? default : await LeaseAsync(queue, requests, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Returns for each receipt whether its delivery is still in flight.</summary>
    ValueTask<bool[]> HoldsAsync(QueueName queue, IReadOnlyList<Receipt> receipts, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the message at the head and leaves it there. Returns null when no message is ready.
    /// </summary>
    /// <param name="queue">The queue.</param>
    /// <param name="countsDelivery">Whether the look counts as a delivery.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<QueueMessage?> PeekHeadAsync(QueueName queue, bool countsDelivery, CancellationToken cancellationToken);

    /// <summary>
    /// Does one step of a broadcast: moves up to <see cref="BroadcastRequest.Move"/> ready messages to the history,
    /// then reads the history after a sequence. Moves nothing while the queue is stopped or has another policy.
    /// </summary>
    ValueTask<BroadcastBatch> BroadcastAsync(QueueName queue, BroadcastRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the messages that the last step of a broadcast moved to the history to the head of the queue, because no
    /// consumer got them. Their deliveries do not count, and their sequences are given out again.
    /// </summary>
    /// <param name="queue">The queue.</param>
    /// <param name="last">The newest sequence of the history after the move.</param>
    /// <param name="moved">The number of messages that were moved.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether the messages were returned. They are not when another call has read the history since the move,
    /// because consumers of other hosts may have got them, or when the history has dropped some of them.</returns>
    ValueTask<bool> WithdrawAsync(QueueName queue, long last, int moved, CancellationToken cancellationToken) => new(false);

    /// <summary>Returns one message in any state.</summary>
    ValueTask<MessageSnapshot?> PeekAsync(MessageKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the newest messages in a state, newest first. The work is bounded, so behind many deleted messages the
    /// call may return fewer than there are.
    /// </summary>
    ValueTask<IReadOnlyList<MessageSnapshot>> BrowseAsync(QueueName queue, MessageState state, int count, CancellationToken cancellationToken);

    /// <summary>Deletes a queue except for its counters of ids, and wakes every host.</summary>
    ValueTask<bool> DeleteQueueAsync(QueueName queue, CancellationToken cancellationToken);

    /// <summary>
    /// Moves due messages, then deletes a bounded number of messages in one state. Messages in other states, the
    /// settings and the streams stay as they are.
    /// </summary>
    ValueTask<Purged> PurgeAsync(QueueName queue, MessageState state, CancellationToken cancellationToken);

    /// <summary>Returns names of queues, in the order of their UTF-8 bytes (<see cref="NameOrder"/>).</summary>
    /// <param name="after">The name after which the list begins. A queue of this name need not exist. Null begins with
    /// the first name.</param>
    /// <param name="max">The maximum number of names.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IReadOnlyList<QueueName>> ListAsync(QueueName? after, int max, CancellationToken cancellationToken);

    /// <summary>
    /// Rebuilds the index of queues, in case it was lost. The cost is proportional to the number of all keys.
    /// </summary>
    /// <returns>The number of queues.</returns>
    ValueTask<long> RebuildIndexAsync(CancellationToken cancellationToken);

    /// <summary>Changes settings and returns them. An empty change only reads them.</summary>
    ValueTask<QueueSettings> ConfigureAsync(QueueName queue, QueueSettingsChange change, CancellationToken cancellationToken);

    /// <summary>
    /// Redrives up to 100 dead letters to the tail, oldest first. Each becomes a new message: its delivery count starts
    /// at 0 and it has no time to live.
    /// </summary>
    /// <returns>The number of redriven messages. 100 means that there may be more.</returns>
    ValueTask<long> RedriveAsync(QueueName queue, CancellationToken cancellationToken);

    /// <summary>Redrives one dead letter to the tail, as a new message.</summary>
    /// <returns>Whether the message was a dead letter.</returns>
    ValueTask<bool> RedriveAsync(MessageKey key, CancellationToken cancellationToken);

    /// <summary>Moves due messages, then returns the statistics of the queue.</summary>
    ValueTask<QueueStats> StatsAsync(QueueName queue, CancellationToken cancellationToken);

    /// <summary>
    /// Subscribes to the wake-ups of the queue from all hosts, this host included. The callback runs on any thread and
    /// must not block. Wake-ups may be lost. The task completes when wake-ups arrive. Disposing the result ends the
    /// subscription.
    /// </summary>
    ValueTask<IAsyncDisposable> ListenAsync(QueueName queue, Action<QueueWakeUp> onWakeUp, CancellationToken cancellationToken);

    /// <summary>
    /// Gets whether wake-ups are proven to arrive: the store has lately received a probe that it had sent to itself
    /// over the same channel. Then the time between slow polls may grow. Reading this property may start a probe. A
    /// store that cannot lose wake-ups needs no probe and always returns true.
    /// </summary>
    bool WakeUpsFlow => true;

    /// <summary>
    /// Occurs, on any thread, when wake-ups that were proven to arrive may have been lost. Every waiter and stream must
    /// then look at its queue.
    /// </summary>
    event Action? WakeUpsLost { add { } remove { } }

    /// <summary>
    /// Returns whether the store knows without a call that a queue exists. False means that it may exist.
    /// </summary>
    bool Knows(QueueName queue);

    /// <summary>Returns whether a queue exists.</summary>
    ValueTask<bool> ExistsAsync(QueueName queue, CancellationToken cancellationToken);

    /// <summary>
    /// Drops queues that have been empty for <see cref="RestMqOptions.EmptyQueueLifetime"/>, with default settings. The
    /// engine calls this method every few seconds. The work of one call is bounded. The counters of ids stay as long as
    /// a receipt can be valid, so an old receipt never names a new message. Streams and waits go on.
    /// </summary>
    void DropIdleQueues() { }

    /// <summary>
    /// Returns whether the store accepts messages now, and whether it may lose them. A store that is away is a result
    /// here, not an exception.
    /// </summary>
    ValueTask<StoreReport> CheckAsync(CancellationToken cancellationToken) => new(StoreReport.Sound);
}

/// <summary>Represents a wake-up.</summary>
/// <param name="IsPurge">Whether the queue was purged, so that its streams must end. Otherwise, look at the queue
/// again: a message may have become ready, the next due time may have changed, or the settings changed.</param>
/// <param name="Ended">The deliveries that ended. Reported only while acknowledged streams may hold messages. A returned
/// delivery is not reported, because the next delivery of its message has the same receipt.</param>
internal sealed record QueueWakeUp(bool IsPurge, IReadOnlyList<Receipt> Ended)
{
    public static readonly QueueWakeUp Changed = new(IsPurge: false, []);

    public static readonly QueueWakeUp Purged = new(IsPurge: true, []);
}

/// <summary>Represents one caller's request in a call that leases messages.</summary>
/// <param name="Count">The maximum number of messages.</param>
/// <param name="Lease">The length of the lease.</param>
/// <param name="Live">Whether the request is for live consumers under the queue's policy. It gets nothing while the
/// queue is stopped or its policy is not round robin.</param>
/// <param name="Held">Whether the request is for acknowledged streams, whose consumers settle by themselves on any
/// host. It gets nothing while the queue is stopped. As long as the messages may be in flight, wake-ups report the
/// deliveries that end.</param>
/// <param name="Bytes">The maximum number of bytes, exceeded by at most one message. It applies only to requests of
/// live consumers, which are sent alone in a call.</param>
internal readonly record struct LeaseRequest(
    int Count, TimeSpan Lease, bool Live = false, bool Held = false, long Bytes = StoreLimits.ReplyBytes);

/// <summary>Holds the result of a call that leases messages.</summary>
/// <param name="Messages">The messages, in order: those of the first request, then those of the second.</param>
/// <param name="Next">When there were fewer messages than requested: how long until a message becomes ready by time.
/// Zero means that the caller must ask again at once. Null when no message will.</param>
/// <param name="Settings">The current settings of live delivery. Meaningless when no request was for live
/// consumers.</param>
/// <param name="More">Whether more messages may be ready, so that other waiters must look. False only if the store
/// knows that no message is ready.</param>
/// <param name="Due">When no more messages are ready: how long until a message becomes ready by time, including the
/// messages that were just leased. Null when no message will. Waiters do not look at the queue in this case, so this
/// value replaces their look.</param>
internal readonly record struct LeasedBatch(IReadOnlyList<QueueMessage> Messages, TimeSpan? Next, LiveState Settings, bool More = false, TimeSpan? Due = null);

/// <summary>Holds the result of an exchange.</summary>
/// <param name="Settled">A result for each settlement.</param>
/// <param name="Leased">The leased messages. Meaningless when the exchange had no requests.</param>
internal readonly record struct Exchanged(SettleResult[] Settled, LeasedBatch Leased);

/// <summary>Holds the result of one step of a purge.</summary>
/// <param name="Deleted">The number of deleted messages.</param>
/// <param name="More">Whether there may be more messages to delete.</param>
internal readonly record struct Purged(long Deleted, bool More);

/// <summary>Holds the state of a queue that controls its live delivery.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Stopped">Whether live delivery is paused.</param>
/// <param name="Epoch">A number that grows with each purge of the whole queue, even of a queue that does not exist. A
/// stream that has seen a smaller epoch ends. The epoch becomes smaller when the store has lost it, which ends no
/// stream. Always 0 in a store that cannot lose wake-ups.</param>
internal readonly record struct LiveState(QueuePolicy Policy, bool Stopped, long Epoch = 0);

/// <summary>Represents one step of a broadcast.</summary>
/// <param name="After">The sequence after which to read the history. Null starts at the end that the history had before
/// the move.</param>
/// <param name="Move">The maximum number of ready messages to move to the history.</param>
/// <param name="Read">The maximum number of messages to read from the history.</param>
/// <param name="Bytes">The maximum number of bytes to read, exceeded by at most one message.</param>
internal readonly record struct BroadcastRequest(long? After, int Move, int Read, long Bytes = StoreLimits.ReplyBytes);

/// <summary>Holds the result of one step of a broadcast.</summary>
/// <param name="Messages">The messages of the history after the request's sequence, each with its own sequence.</param>
/// <param name="After">The sequence after which the read started: that of the request, or the end that was
/// found.</param>
/// <param name="Last">The newest sequence of the history. More can be read now when it is greater than the sequence of
/// the last message.</param>
/// <param name="Next">How long until a message becomes ready by time. Zero when more can be moved now. Null when no
/// message will.</param>
/// <param name="Settings">The current settings.</param>
/// <param name="Moved">The number of messages that this step moved. They are the newest of the history.</param>
internal readonly record struct BroadcastBatch(
    IReadOnlyList<QueueMessage> Messages, long After, long Last, TimeSpan? Next, LiveState Settings, int Moved = 0);
