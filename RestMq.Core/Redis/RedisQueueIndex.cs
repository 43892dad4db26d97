using Microsoft.Extensions.Logging;
using RestMq.Engine;
using RestMq.Stores;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Keeps the index of queues: a sorted set of all names, each with score 0. So the index can be read page by page, in
/// the order of the names' bytes.
/// <para>
/// A cluster keeps the index in another slot than a queue. No script can change both, and the shard of the index may be
/// away while the shard of a queue is not. Therefore the index is best effort. It is changed after the queue. A call
/// waits for the first attempt for <see cref="Brief"/> at most, and no call fails because of the index. A failed
/// attempt is repeated in the background (<c>RedisQueueIndex.Retry.cs</c>).
/// </para>
/// <para>
/// After a create or a purge, a host updates the index. If the index changed, the host reads the queue again, and
/// repeats the update if the queue has changed. So the last host that changes the index has seen the present state of
/// the queue. A host that dies in between leaves a missing or a superfluous name. An add corrects a missing name within
/// <see cref="EnterEvery"/>, and the statistics of a queue correct both errors.
/// </para>
/// </summary>
internal sealed partial class RedisQueueIndex : IAsyncDisposable
{
    /// <summary>
    /// Holds the interval at which a host enters the name of a queue that it adds to. Another host may have died after
    /// it had removed the name.
    /// </summary>
    private static readonly TimeSpan EnterEvery = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Holds how long a call waits for the first attempt. An attempt takes as long as any command. The limit is for a
    /// shard that hangs.
    /// </summary>
    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(100);

    /// <summary>Holds the interval at which a host counts the queues while it makes new ones.</summary>
    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(1);

    // An entry is a name and a time, some 100 bytes. An evicted name costs one more command.
    private const int KnownNames = 200_000;

    // The most names that one command enters. Redis does nothing else during a command.
    private const int MaxNames = 1000;

    private readonly RecentCache<QueueName, long> _entered = new(KnownNames);
    private readonly GroupCommit<QueueName, bool> _entries;
    private readonly RedisConnection _connection;
    private readonly RedisKey _index;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private CountedQueues? _counted;

    /// <param name="connection">Carries the commands.</param>
    /// <param name="index">The key of the index.</param>
    /// <param name="time">The clock for repetitions.</param>
    /// <param name="logger">Logs when the index cannot be changed.</param>
    public RedisQueueIndex(RedisConnection connection, RedisKey index, TimeProvider time, ILogger logger)
    {
        (_connection, _index, _time, _logger) = (connection, index, time, logger);
        _entries = new GroupCommit<QueueName, bool>(EnterAsync, static _ => 1, MaxNames);
    }

    /// <summary>
    /// Returns at most <paramref name="max"/> names after <paramref name="after"/>, in the order of their bytes.
    /// </summary>
    public async ValueTask<IReadOnlyList<QueueName>> ListAsync(QueueName? after, int max, CancellationToken cancellationToken)
    {
        var from = after is null ? default : (RedisValue)after.Value;
        var names = await _connection.DoAsync(
            c => c.GetDatabase().SortedSetRangeByValueAsync(_index, from, exclude: Exclude.Start, take: max, flags: CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false);
        return Array.ConvertAll(names, static name => QueueName.Parse(name!));
    }

    /// <summary>Returns whether this host has entered the name of a queue lately.</summary>
    public bool Knows(QueueName queue) => _entered.TryGet(queue, out _);

    /// <summary>
    /// Returns about how many queues there are, as counted within <see cref="CountEvery"/>. While the index cannot be
    /// read, the last count holds: the index may be in a shard that is away, and adds to other shards must not wait.
    /// </summary>
    public async ValueTask<long> CountAsync(CancellationToken cancellationToken)
    {
        var last = Volatile.Read(ref _counted);
        if (last is not null && _time.GetElapsedTime(last.At) < CountEvery) return last.Queues;
        var queues = last?.Queues ?? 0;
        try
        {
            queues = await _connection.DoAsync(
                c => c.GetDatabase().SortedSetLengthAsync(_index, flags: CommandFlags.DemandMaster), cancellationToken).AsTask()
                .WaitAsync(Brief, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RestMqUnavailableException or RedisException or TimeoutException)
        {
            // Asked again after CountEvery.
        }
        Volatile.Write(ref _counted, new CountedQueues(queues, _time.GetTimestamp()));
        return queues;
    }

    /// <summary>Returns whether a queue exists.</summary>
    /// <param name="meta">The key that shows whether the queue exists.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public ValueTask<bool> ExistsAsync(RedisKey meta, CancellationToken cancellationToken = default) =>
        _connection.DoAsync(c => c.GetDatabase().HashExistsAsync(meta, "created", CommandFlags.DemandMaster), cancellationToken);

    /// <summary>
    /// Enters the name of a queue that exists. Skips a queue that is not new and was entered within
    /// <see cref="EnterEvery"/>.
    /// </summary>
    /// <param name="queue">The queue.</param>
    /// <param name="meta">The key that shows whether the queue exists.</param>
    /// <param name="isNew">Whether the call created the queue. If so, the call waits briefly, so that the queue is
    /// listed when the caller gets its answer.</param>
    public ValueTask NoteExistingAsync(QueueName queue, RedisKey meta, bool isNew)
    {
        var now = _time.GetTimestamp();
        if (!isNew && _entered.TryGet(queue, out var entered) && _time.GetElapsedTime(entered, now) < EnterEvery) return default;
        // The name is noted before it is entered, so that only one of many calls enters it. A failure is repeated in
        // the background, not by the next call.
        _entered.Set(queue, now);
        var update = UpdateAsync(queue, meta, exists: true);
        return isNew ? WaitBrieflyAsync(update) : default;
    }

    /// <summary>Removes the name of a queue that was purged or does not exist.</summary>
    public ValueTask NoteMissingAsync(QueueName queue, RedisKey meta)
    {
        _entered.Remove(queue);
        return WaitBrieflyAsync(UpdateAsync(queue, meta, exists: false));
    }

    private async ValueTask WaitBrieflyAsync(Task update)
    {
        if (update.IsCompleted) return;
        await update.WaitAsync(Brief, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Changes the index, then reads the queue again. Repeats if the queue was created or purged meanwhile.
    private async Task ReconcileAsync(QueueName queue, RedisKey meta, bool exists)
    {
        while (exists ? await _entries.SendAsync(queue).ConfigureAwait(false) : await RemoveAsync(queue).ConfigureAwait(false))
        {
            var looked = await ExistsAsync(meta).ConfigureAwait(false);
            if (looked == exists) return;
            exists = looked;
        }
    }

    private ValueTask<bool> RemoveAsync(QueueName queue) =>
        _connection.DoAsync(c => c.GetDatabase().SortedSetRemoveAsync(_index, queue.Value, CommandFlags.DemandMaster), CancellationToken.None);

    // Redis returns only how many of the names were new. If any was, each name counts as new.
    private async ValueTask<bool[]> EnterAsync(IReadOnlyList<QueueName> queues)
    {
        SortedSetEntry[] entries = [.. queues.Select(queue => new SortedSetEntry(queue.Value, 0))];
        var added = await _connection.DoAsync(c => c.GetDatabase().SortedSetAddAsync(_index, entries, CommandFlags.DemandMaster), CancellationToken.None).ConfigureAwait(false);
        var results = new bool[entries.Length];
        Array.Fill(results, added > 0);
        return results;
    }

    private sealed record CountedQueues(long Queues, long At);
}
