using RestMq.Stores;
using RestMq.Wire;
using StackExchange.Redis;

namespace RestMq.Redis;

internal sealed partial class RedisQueueStore
{
    public async ValueTask<bool[]> HoldsAsync(QueueName queue, IReadOnlyList<Receipt> receipts, CancellationToken cancellationToken)
    {
        RedisValue[] arguments = [.. receipts.SelectMany(receipt => new RedisValue[] { receipt.Key.Id, receipt.Fence })];
        var reply = (RedisResult[])(await RunAsync(RedisScripts.Holds, queue, cancellationToken, arguments).ConfigureAwait(false))!;
        return Array.ConvertAll(reply, static held => (int)held == 1);
    }

    private async ValueTask<long> RecoverAsync(QueueName queue, RedisKey[] keys, long token, CancellationToken cancellationToken) =>
        (long)await EvaluateAsync(RedisScripts.Recover, queue, keys, [KeysOf(queue).Wake, token], cancellationToken).ConfigureAwait(false);

    public async ValueTask<long> RedriveAsync(QueueName queue, CancellationToken cancellationToken) =>
        (long)await RunAsync(RedisScripts.Redrive, queue, cancellationToken).ConfigureAwait(false);

    public async ValueTask<bool> RedriveAsync(MessageKey key, CancellationToken cancellationToken) =>
        (long)await RunAsync(RedisScripts.Redrive, key.Queue, cancellationToken, key.Id).ConfigureAwait(false) == 1;

    public async ValueTask<Purged> PurgeAsync(QueueName queue, MessageState state, CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await RunAsync(RedisScripts.Purge, queue, cancellationToken, WireNames.Of(state)).ConfigureAwait(false))!;
        return new Purged((long)reply[0], (long)reply[1] == 1);
    }

    public async ValueTask<bool> DeleteQueueAsync(QueueName queue, CancellationToken cancellationToken)
    {
        var existed = (long)await RunAsync(RedisScripts.DeleteQueue, queue, cancellationToken, Milliseconds(CountersOutlive)).ConfigureAwait(false) == 1;
        await _index.NoteMissingAsync(queue, KeysOf(queue).Meta).ConfigureAwait(false);
        return existed;
    }

    // Longer than any receipt or idempotency key is valid, so that no id is used again while one still refers to it.
    private static readonly TimeSpan CountersOutlive = TimeSpan.FromDays(1);

    private ValueTask<RedisResult> RunAsync(RedisScripts script, QueueName queue, CancellationToken cancellationToken, params RedisValue[] arguments)
    {
        var keys = KeysOf(queue);
        return EvaluateAsync(script, queue, keys.All, [keys.Wake, .. arguments], cancellationToken);
    }
}
