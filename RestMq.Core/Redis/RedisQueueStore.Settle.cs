using StackExchange.Redis;

namespace RestMq.Redis;

internal sealed partial class RedisQueueStore
{
    public async ValueTask<SettleResult[]> SettleAsync(
        QueueName queue, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var keys = KeysOf(queue);
        var arguments = new RedisValue[1 + (settlements.Count * 4)];
        arguments[0] = keys.Wake;
        for (var i = 0; i < settlements.Count; i++)
        {
            var settlement = settlements[i];
            var at = 1 + (i * 4);
            arguments[at] = settlement.Receipt.Key.Id;
            arguments[at + 1] = settlement.Receipt.Fence;
            arguments[at + 2] = settlement.Action switch
            {
                SettleAction.Ack => "ack",
                SettleAction.Extend => "extend",
                SettleAction.Release => "release",
                SettleAction.Return => "return",
                SettleAction.Bury => "bury",
                _ => throw new ArgumentOutOfRangeException(nameof(settlements), settlement.Action, "No such action."),
            };
            arguments[at + 3] = settlement.Action is SettleAction.Bury ? settlement.Reason ?? "" : Milliseconds(settlement.Time);
        }
        var reply = (RedisResult[])(await _connection.EvaluateAsync(RedisScript.Settle, keys.All, arguments, cancellationToken).ConfigureAwait(false))!;
        return Array.ConvertAll(reply, static result => (SettleResult)(int)result);
    }

    public async ValueTask<long> RedriveAsync(QueueName queue, CancellationToken cancellationToken) =>
        (long)await RunAsync(RedisScript.Redrive, queue, cancellationToken).ConfigureAwait(false);

    public async ValueTask<bool> PurgeAsync(QueueName queue, CancellationToken cancellationToken)
    {
        // The name goes first: were it last, it could take away the entry of a message added in between.
        KeysOf(queue).Registered = false;
        await _connection.DoAsync(c => c.GetDatabase().SetRemoveAsync(RedisKeys.Queues(_prefix), queue.Value), cancellationToken).ConfigureAwait(false);
        return (long)await RunAsync(RedisScript.Purge, queue, cancellationToken, Milliseconds(CountersOutlive)).ConfigureAwait(false) == 1;
    }

    // Longer than any receipt or idempotency key is of use, so that no id comes twice within its time.
    private static readonly TimeSpan CountersOutlive = TimeSpan.FromDays(1);

    private ValueTask<RedisResult> RunAsync(string script, QueueName queue, CancellationToken cancellationToken, params RedisValue[] arguments)
    {
        var keys = KeysOf(queue);
        return _connection.EvaluateAsync(script, keys.All, [keys.Wake, .. arguments], cancellationToken);
    }
}
