using Microsoft.Extensions.Logging;
using RestMq.Engine;
using RestMq.Stores;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// The index of queues: a sorted set of all names, each with score 0, so that it is paged in the order of the names'
/// bytes.
/// <para>
/// A cluster keeps the index in another slot than a queue. No script can change both, and the shard of the index may be
/// away while the shard of a queue is not. Therefore the index is best effort: it is changed after the queue, a call
/// waits for the first attempt for <see cref="Brief"/> at most, and no call fails because of it. An attempt that fails
/// is repeated in the background (<c>.Retry</c>).
/// </para>
/// <para>
/// After a create or a purge, a host changes the index. If that changed something, the host looks at the queue again,
/// and repeats if the queue has changed: so the last to change the index has seen it right. A host that dies in between
/// leaves an error: an add corrects a missing name within
/// <see cref="EnterEvery"/>, and the statistics of a queue correct both errors.
/// </para>
/// </summary>
internal sealed partial class RedisQueueIndex : IAsyncDisposable
{
    /// <summary>
    /// How often a host enters the name of a queue that it adds to: another host may have died after it had removed the
    /// name.
    /// </summary>
    private static readonly TimeSpan EnterEvery = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a call waits for the first attempt. An attempt takes as long as any command; this is for a shard that
    /// hangs.
    /// </summary>
    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(100);

    // A name and a time each, some 100 bytes. A name that was forgotten costs one command more.
    private const int KnownNames = 200_000;

    // How many names one command enters at most: Redis does nothing else meanwhile.
    private const int MaxNames = 1000;

    private readonly RecentCache<QueueName, long> _entered = new(KnownNames);
    private readonly GroupCommit<QueueName, bool> _entries;
    private readonly RedisConnection _connection;
    private readonly RedisKey _index;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <param name="connection">The connection.</param>
    /// <param name="index">The key of the index.</param>
    /// <param name="time">The clock of repetitions.</param>
    /// <param name="logger">Told when the index cannot be changed.</param>
    public RedisQueueIndex(RedisConnection connection, RedisKey index, TimeProvider time, ILogger logger)
    {
        (_connection, _index, _time, _logger) = (connection, index, time, logger);
        _entries = new GroupCommit<QueueName, bool>(EnterAsync, static _ => 1, MaxNames);
    }

    /// <summary>Returns names after another, in the order of their bytes.</summary>
    public async ValueTask<IReadOnlyList<QueueName>> ListAsync(QueueName? after, int max, CancellationToken cancellationToken)
    {
        var from = after is null ? default : (RedisValue)after.Value;
        var names = await _connection.DoAsync(
            c => c.GetDatabase().SortedSetRangeByValueAsync(_index, from, exclude: Exclude.Start, take: max, flags: CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false);
        return Array.ConvertAll(names, static name => QueueName.Parse(name!));
    }

    /// <summary>Enters a queue that was found to exist: now if it is new, else if it was not entered lately.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="meta">The key that tells whether it exists.</param>
    /// <param name="isNew">Whether the call made the queue: then the call waits briefly, so that the queue is listed
    /// when the call is answered.</param>
    public ValueTask NoteExistingAsync(QueueName queue, RedisKey meta, bool isNew)
    {
        var now = _time.GetTimestamp();
        if (!isNew && _entered.TryGet(queue, out var entered) && _time.GetElapsedTime(entered, now) < EnterEvery) return default;
        // Noted before it is done, so that one call of many does it. A failure is repeated in the background, not by
        // the next call.
        _entered.Set(queue, now);
        var update = UpdateAsync(queue, meta, exists: true);
        return isNew ? WaitBrieflyAsync(update) : default;
    }

    /// <summary>Removes a queue that was purged, or that was found not to exist.</summary>
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

    // Changes the index, then looks whether the queue is still so.
    private async Task ReconcileAsync(QueueName queue, RedisKey meta, bool exists)
    {
        while (exists ? await _entries.SendAsync(queue).ConfigureAwait(false) : await RemoveAsync(queue).ConfigureAwait(false))
        {
            var looked = await ExistsAsync(meta).ConfigureAwait(false);
            if (looked == exists) return;
            exists = looked;
        }
    }

    private ValueTask<bool> ExistsAsync(RedisKey meta) =>
        _connection.DoAsync(c => c.GetDatabase().HashExistsAsync(meta, "created", CommandFlags.DemandMaster), CancellationToken.None);

    private ValueTask<bool> RemoveAsync(QueueName queue) =>
        _connection.DoAsync(c => c.GetDatabase().SortedSetRemoveAsync(_index, queue.Value, CommandFlags.DemandMaster), CancellationToken.None);

    // Of several names Redis tells only how many were new, so each of them may have been.
    private async ValueTask<bool[]> EnterAsync(IReadOnlyList<QueueName> queues)
    {
        SortedSetEntry[] entries = [.. queues.Select(queue => new SortedSetEntry(queue.Value, 0))];
        var added = await _connection.DoAsync(c => c.GetDatabase().SortedSetAddAsync(_index, entries, CommandFlags.DemandMaster), CancellationToken.None).ConfigureAwait(false);
        var results = new bool[entries.Length];
        Array.Fill(results, added > 0);
        return results;
    }
}
