using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// The set of all queues' names, which a cluster keeps in another slot than a queue, so that no script can change both.
/// <para>
/// Whoever makes a queue enters its name afterwards too, whoever purges one takes it out afterwards, and who has changed the set so looks whether it is still
/// so: the last to change it has seen it right. What a death leaves undone, an add enters within <see cref="EnterEvery"/>, and a look at the numbers takes out.
/// </para>
/// </summary>
internal sealed partial class RedisQueueStore
{
    // How often a daemon enters the name of a queue that it adds to.
    private static readonly TimeSpan EnterEvery = TimeSpan.FromMinutes(1);

    // Before the first message, so that a daemon that dies in between hides no queue; and now and then, for another may have died that had taken the name out.
    private async ValueTask EnterAsync(QueueName queue, RedisKeys keys, CancellationToken cancellationToken)
    {
        if (keys.Entered != 0 && _time.GetElapsedTime(keys.Entered) < EnterEvery) return;
        var now = _time.GetTimestamp();
        await _connection.DoAsync(c => c.GetDatabase().SetAddAsync(RedisKeys.Queues(_prefix), queue.Value), cancellationToken).ConfigureAwait(false);
        keys.Entered = now;
    }

    // The queue has come to be, or was found not to be: lists it so, and looks. It is done whole, whoever asked for it may have gone.
    private async ValueTask SetListedAsync(QueueName queue, RedisKeys keys, bool exists)
    {
        keys.Entered = 0; // Until it is known: what fails here, the next add does.
        var (entered, looked) = (_time.GetTimestamp(), exists);
        do
        {
            exists = looked;
            if (!await _connection.DoAsync(c => ChangeAsync(c.GetDatabase(), exists), CancellationToken.None).ConfigureAwait(false)) break;
            looked = await _connection.DoAsync(c => c.GetDatabase().HashExistsAsync(keys.Meta, "created"), CancellationToken.None).ConfigureAwait(false);
        }
        while (looked != exists);
        if (exists) keys.Entered = entered;

        Task<bool> ChangeAsync(IDatabase redis, bool enter)
        {
            var queues = RedisKeys.Queues(_prefix);
            return enter ? redis.SetAddAsync(queues, queue.Value) : redis.SetRemoveAsync(queues, queue.Value);
        }
    }
}
