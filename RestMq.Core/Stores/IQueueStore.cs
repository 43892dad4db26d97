namespace RestMq.Stores;

/// <summary>
/// The port below the engine: few operations, each atomic, the hot ones in batches, so that the engine can send the
/// concurrent calls of one queue as one. All times are by the store's own clock. One contract suite runs on every
/// implementation. A store that is away throws <see cref="RestMqUnavailableException"/>.
/// </summary>
internal interface IQueueStore
{
    /// <summary>Where the messages are, for a person.</summary>
    string Description { get; }

    /// <summary>Whether a call goes over a wire, so that calls gain by going together.</summary>
    bool IsRemote { get; }

    /// <summary>Whether adds of this durability can be had.</summary>
    bool Supports(Durability durability) => durability is Durability.Stored;

    /// <summary>
    /// Adds messages in order: all of them, but for duplicates, and for those that find the queue full. Those that
    /// replicas are to have, because the message or the queue's setting says so, are told with the point to wait for.
    /// </summary>
    /// <param name="queue">The queue.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="whole">Whether they belong together: then they find the queue full unless it has room for
    /// all.</param>
    /// <param name="cancellationToken">Ends it before it has begun.</param>
    /// <returns>A result for each message.</returns>
    ValueTask<AddResult[]> AddAsync(QueueName queue, IReadOnlyList<NewMessage> messages, bool whole, CancellationToken cancellationToken);

    /// <summary>Waits until enough replicas have what was written up to a point.</summary>
    /// <exception cref="RestMqNotReplicatedException">They have not in time, the wait was cancelled, or it cannot be
    /// known.</exception>
    ValueTask ReplicatedAsync(ReplicationPoint point, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A store that does not support Durability.Replicated gives no point to wait for.");

    /// <summary>
    /// Moves what is due, then hands out from the head: the first request is served whole before the second, and so on.
    /// </summary>
    ValueTask<LeasedBatch> LeaseAsync(QueueName queue, IReadOnlyList<LeaseRequest> requests, CancellationToken cancellationToken);

    /// <summary>Settles hand-outs, at least one, one after another and each by its own fence.</summary>
    /// <returns>A result for each settlement.</returns>
    ValueTask<SettleResult[]> SettleAsync(QueueName queue, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken);

    /// <summary>
    /// Settles, then hands out: what a queue's callers are done with and what they want go to the store together.
    /// </summary>
    async ValueTask<Exchanged> ExchangeAsync(
        QueueName queue, IReadOnlyList<Settlement> settlements, IReadOnlyList<LeaseRequest> requests, CancellationToken cancellationToken)
    {
        var settled = settlements.Count == 0 ? [] : await SettleAsync(queue, settlements, cancellationToken).ConfigureAwait(false);
        return new Exchanged(settled, requests.Count == 0 ? default : await LeaseAsync(queue, requests, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Whether hand-outs are still under way, each by its fence.</summary>
    ValueTask<bool[]> HoldsAsync(QueueName queue, IReadOnlyList<Receipt> receipts, CancellationToken cancellationToken);

    /// <summary>Counts a look at the head and leaves it there.</summary>
    ValueTask<QueueMessage?> LookAsync(QueueName queue, CancellationToken cancellationToken);

    /// <summary>
    /// The step of a broadcast: moves up to <see cref="BroadcastRequest.Move"/> ready messages to the live log (unless
    /// the queue is stopped or its policy is another), then reads the log after a sequence.
    /// </summary>
    ValueTask<BroadcastBatch> BroadcastAsync(QueueName queue, BroadcastRequest request, CancellationToken cancellationToken);

    /// <summary>One message wherever it is.</summary>
    ValueTask<MessageSnapshot?> PeekAsync(MessageKey key, CancellationToken cancellationToken);

    /// <summary>
    /// The newest messages in a place, newest first. Bounded work: behind many deleted messages it may see fewer.
    /// </summary>
    ValueTask<IReadOnlyList<MessageSnapshot>> LastAsync(QueueName queue, MessageState state, int count, CancellationToken cancellationToken);

    /// <summary>Deletes everything of a queue but its counters of ids, and tells every daemon.</summary>
    ValueTask<bool> PurgeAsync(QueueName queue, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes some of the messages in one place, once what is due has been moved: a bounded number, and bounded work.
    /// The other places, the settings and the streams stay as they are.
    /// </summary>
    ValueTask<Purged> PurgeAsync(QueueName queue, MessageState state, CancellationToken cancellationToken);

    /// <summary>Returns names of queues, in the order of their UTF-8 bytes (<see cref="NameOrder"/>).</summary>
    /// <param name="after">The name after which to begin, whether or not there is such a queue; null for the
    /// first.</param>
    /// <param name="max">How many names at most.</param>
    /// <param name="cancellationToken">Ends it.</param>
    ValueTask<IReadOnlyList<QueueName>> ListAsync(QueueName? after, int max, CancellationToken cancellationToken);

    /// <summary>
    /// Lists every queue that there is, should the list of them have been lost. Its cost is that of all keys.
    /// </summary>
    /// <returns>How many queues there are.</returns>
    ValueTask<long> RebuildIndexAsync(CancellationToken cancellationToken);

    /// <summary>Changes settings (an empty change only reads them).</summary>
    ValueTask<QueueSettings> ConfigureAsync(QueueName queue, QueueSettingsChange change, CancellationToken cancellationToken);

    /// <summary>
    /// Returns up to 100 dead letters to the tail, oldest first, as new: with a fresh count and no time to die.
    /// </summary>
    /// <returns>How many; 100 means that there may be more.</returns>
    ValueTask<long> RedriveAsync(QueueName queue, CancellationToken cancellationToken);

    /// <summary>Returns one dead letter to the tail, as new.</summary>
    /// <returns>Whether it was dead.</returns>
    ValueTask<bool> RedriveAsync(MessageKey key, CancellationToken cancellationToken);

    /// <summary>The queue in numbers, once what is due has been moved.</summary>
    ValueTask<QueueStats> StatsAsync(QueueName queue, CancellationToken cancellationToken);

    /// <summary>
    /// Calls back, on any thread and without waiting, for every hint about the queue from any daemon, this one
    /// included. Hints may be lost. The task completes when hints are flowing. Disposing ends it.
    /// </summary>
    ValueTask<IAsyncDisposable> ListenAsync(QueueName queue, Action<QueueHint> onHint, CancellationToken cancellationToken);

    /// <summary>
    /// Gets whether wake-ups are proven to arrive: the store has lately received what it had sent to itself by the same
    /// way. Then a slow poll may be much slower. Reading it may begin the proof. A store whose wake-ups cannot be lost
    /// has nothing to prove.
    /// </summary>
    bool WakeUpsFlow => true;

    /// <summary>
    /// Raised, on any thread, when wake-ups that were proven to arrive may have been lost: what waits looks for itself.
    /// </summary>
    event Action? WakeUpsLost { add { } remove { } }

    /// <summary>
    /// Whether messages can be kept now, and kept well: being away is an answer here, not an exception.
    /// </summary>
    ValueTask<StoreReport> CheckAsync(CancellationToken cancellationToken) => new(StoreReport.Sound);
}

/// <summary>What a hint says.</summary>
/// <param name="IsPurge">The queue was purged: end the streams. Otherwise: something may have become ready, or will be
/// due at a new time, or the settings changed; look again.</param>
/// <param name="Ended">Hand-outs that ended, where somebody holds messages to settle himself.</param>
internal sealed record QueueHint(bool IsPurge, IReadOnlyList<Receipt> Ended)
{
    public static readonly QueueHint Changed = new(IsPurge: false, []);

    public static readonly QueueHint Purged = new(IsPurge: true, []);
}

/// <summary>One caller's share of a lease.</summary>
/// <param name="Count">How many messages at most.</param>
/// <param name="Lease">For how long.</param>
/// <param name="Live">Whether it is for live consumers: it gets nothing while the queue is stopped or its policy is not
/// round robin.</param>
/// <param name="Held"> Whether it is for live consumers that settle by themselves, wherever they like: it gets nothing
/// while the queue is stopped, and for as long as it may be held, hints tell of the hand-outs that end.
/// </param>
/// <param name="Bytes">How much at most, give or take a message, when it is for live consumers: one that is comes
/// alone.</param>
internal readonly record struct LeaseRequest(
    int Count, TimeSpan Lease, bool Live = false, bool Held = false, long Bytes = StoreLimits.ReplyBytes);

/// <summary>What a lease gave.</summary>
/// <param name="Messages">The messages, in order: the first request's, then the second's.</param>
/// <param name="Next">When there was too little: how long until something becomes ready by itself (zero: at once, ask
/// again); null when nothing will.</param>
/// <param name="Settings">The settings that matter to live delivery, as they are now; without meaning when no live
/// caller asked.</param>
/// <param name="More">Whether more messages may be ready, so that others who wait must look. False only if the store
/// knows that none is.</param>
/// <param name="Due"> Where no more are ready: how long until something becomes ready by itself, what was just leased
/// included; null when nothing will. Whoever waits would learn it by a look, and there is none.
/// </param>
internal readonly record struct LeasedBatch(IReadOnlyList<QueueMessage> Messages, TimeSpan? Next, LiveState Settings, bool More = false, TimeSpan? Due = null);

/// <summary>What an exchange gave.</summary>
/// <param name="Settled">A result for each settlement.</param>
/// <param name="Leased">What was handed out; without meaning when nothing was asked for.</param>
internal readonly record struct Exchanged(SettleResult[] Settled, LeasedBatch Leased);

/// <summary>What a step of a purge came to.</summary>
/// <param name="Deleted">How many messages it deleted.</param>
/// <param name="More">Whether there may be more.</param>
internal readonly record struct Purged(long Deleted, bool More);

/// <summary>What decides what a pump does.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Stopped">Whether live delivery is paused.</param>
/// <param name="Epoch"> Greater after each purge of the whole queue, also of one that did not exist: streams that have
/// seen a smaller one end. It is less when the store has lost it, which ends nothing. Always 0 of a store whose hints
/// cannot be lost.
/// </param>
internal readonly record struct LiveState(QueuePolicy Policy, bool Stopped, long Epoch = 0);

/// <summary>A step of a broadcast.</summary>
/// <param name="After">Read the log after this sequence; null to start at the log's end as it was before the
/// move.</param>
/// <param name="Move">How many ready messages to move to the log at most.</param>
/// <param name="Read">How many messages to read from the log at most.</param>
/// <param name="Bytes">How much to read at most, give or take a message.</param>
internal readonly record struct BroadcastRequest(long? After, int Move, int Read, long Bytes = StoreLimits.ReplyBytes);

/// <summary>What a step of a broadcast gave.</summary>
/// <param name="Messages">Messages of the log after the request's sequence, each with its own.</param>
/// <param name="After">The sequence the reading started after: the request's, or the end that was found.</param>
/// <param name="Last">The newest sequence of the log: more can be read now when it is beyond the last message.</param>
/// <param name="Next">As for a lease; zero when more can be moved now.</param>
/// <param name="Settings">The settings as they are now.</param>
internal readonly record struct BroadcastBatch(
    IReadOnlyList<QueueMessage> Messages, long After, long Last, TimeSpan? Next, LiveState Settings);
