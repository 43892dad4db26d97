using RestMq.Stores;
using StackExchange.Redis;

namespace RestMq.Redis;

internal sealed partial class RedisQueueStore
{
    public async ValueTask<BroadcastBatch> BroadcastAsync(QueueName queue, BroadcastRequest request, CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await RunAsync(
            RedisScripts.Broadcast, queue, cancellationToken,
            request.After is { } after ? after : RedisValue.EmptyString, request.Move, request.Read, _host, request.Bytes).ConfigureAwait(false))!;
        const int Heads = 5;
        var messages = new QueueMessage[(reply.Length - Heads) / 3];
        for (var i = 0; i < messages.Length; i++)
        {
            var at = Heads + (i * 3);
            messages[i] = RedisBody.Read(queue, (long)reply[at + 1], (byte[])reply[at + 2]!, (long)reply[at]);
        }
        return new BroadcastBatch(messages, (long)reply[0], (long)reply[1], Due(reply[2]), Live(reply[3]), (int)reply[4]);
    }

    public async ValueTask<bool> WithdrawAsync(QueueName queue, long last, int moved, CancellationToken cancellationToken) =>
        (long)await RunAsync(RedisScripts.Withdraw, queue, cancellationToken, _host, last, moved).ConfigureAwait(false) == 1;

    public ValueTask<IAsyncDisposable> ListenAsync(QueueName queue, Action<QueueWakeUp> onWakeUp, CancellationToken cancellationToken) =>
        _connection.SubscribeAsync(
            KeysOf(queue).Wake, message => Hear(queue, message, onWakeUp), () => onWakeUp(QueueWakeUp.Changed), cancellationToken);

    private void Hear(QueueName queue, RedisValue message, Action<QueueWakeUp> onWakeUp)
    {
        var words = ((string?)message ?? "").Split(' ');
        if (words[0] == "l" + _host) return;
        if (words[0] == "p") onWakeUp(QueueWakeUp.Purged);
        else if (words.Length == 1) onWakeUp(QueueWakeUp.Changed);
        else onWakeUp(QueueWakeUp.Changed with { Ended = [.. words.Skip(1).Select(word => Receipt.Parse($"{queue}:{word}"))] });
    }
}
