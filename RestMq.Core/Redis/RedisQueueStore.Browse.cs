using RestMq.Wire;
using StackExchange.Redis;

namespace RestMq.Redis;

internal sealed partial class RedisQueueStore
{
    // The number of values that peek.lua and browse.lua return for each message.
    private const int SnapshotValues = 5;

    public async ValueTask<QueueMessage?> PeekHeadAsync(QueueName queue, bool countsDelivery, CancellationToken cancellationToken)
    {
        while (true)
        {
            var reply = (RedisResult[])(await RunAsync(RedisScripts.PeekHead, queue, cancellationToken, countsDelivery).ConfigureAwait(false))!;
            if (reply.Length > 1) return RedisBody.Read(queue, (long)reply[0], (byte[])reply[1]!);
            if ((long)reply[0] == 0) return null;
        }
    }

    public async ValueTask<MessageSnapshot?> PeekAsync(MessageKey key, CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await RunAsync(RedisScripts.Peek, key.Queue, cancellationToken, key.Id).ConfigureAwait(false))!;
        return reply.Length == 0 ? null : Snapshot(key.Queue, reply);
    }

    public async ValueTask<IReadOnlyList<MessageSnapshot>> BrowseAsync(
        QueueName queue, MessageState state, int count, CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await RunAsync(RedisScripts.Browse, queue, cancellationToken, WireNames.Of(state), count).ConfigureAwait(false))!;
        return [.. reply.Chunk(SnapshotValues).Select(values => Snapshot(queue, values))];
    }

    public async ValueTask<QueueSettings> ConfigureAsync(QueueName queue, QueueSettingsChange change, CancellationToken cancellationToken)
    {
        if (!change.IsEmpty) await CheckRoomForQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        var reply = (RedisResult[])(await RunAsync(RedisScripts.Configure, queue, cancellationToken, [.. Fields(change)]).ConfigureAwait(false))!;
        if (!change.IsEmpty) await _index.NoteExistingAsync(queue, KeysOf(queue).Meta, isNew: (long)reply[0] == 1).ConfigureAwait(false);
        return Settings(reply.AsSpan(1));
    }

    public async ValueTask<QueueStats> StatsAsync(QueueName queue, CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await RunAsync(RedisScripts.Stats, queue, cancellationToken).ConfigureAwait(false))!;
        var meta = KeysOf(queue).Meta;
        await ((long)reply[16] == 0 ? _index.NoteMissingAsync(queue, meta) : _index.NoteExistingAsync(queue, meta, isNew: false)).ConfigureAwait(false);
        var (live, leased, delayed, dead) = ((long)reply[0], (long)reply[1], (long)reply[2], (long)reply[3]);
        return new QueueStats(queue, Settings(reply.AsSpan(8)))
        {
            Ready = live - leased - delayed - dead,
            Leased = leased,
            Delayed = delayed,
            Dead = dead,
            TotalAdded = (long)reply[4],
            TotalSettled = (long)reply[5],
            TotalExpired = (long)reply[6],
            OldestAge = Due(reply[7]),
        };
    }

    private static MessageSnapshot Snapshot(QueueName queue, RedisResult[] values)
    {
        var state = WireNames.State((string)values[0]!);
        return new MessageSnapshot(
            RedisBody.Read(queue, (long)values[3], (byte[])values[4]!),
            state,
            state is MessageState.Leased or MessageState.Delayed ? DateTimeOffset.FromUnixTimeMilliseconds((long)values[1]) : null,
            state is MessageState.Dead ? (string?)values[2] : null);
    }

    private static IEnumerable<RedisValue> Fields(QueueSettingsChange change)
    {
        if (change.Policy is { } policy) { yield return "policy"; yield return policy is QueuePolicy.RoundRobin ? "roundrobin" : ""; }
        if (change.Stopped is { } stopped) { yield return "state"; yield return stopped ? "stopped" : ""; }
        if (change.MaxReceives is { } receives) { yield return "max_receives"; yield return receives; }
        if (change.MaxLength is { } length) { yield return "max_length"; yield return length == 0 ? RedisValue.EmptyString : length; }
        if (change.TimeToLive is { } ttl) { yield return "ttl"; yield return ttl == TimeSpan.Zero ? RedisValue.EmptyString : Milliseconds(ttl); }
        if (change.History is { } history) { yield return "history"; yield return history; }
        if (change.HistoryBytes is { } historyBytes) { yield return "history_bytes"; yield return historyBytes; }
        if (change.Durability is { } durability) { yield return "durability"; yield return durability is Durability.Replicated ? "replicated" : ""; }
    }

    private static QueueSettings Settings(ReadOnlySpan<RedisResult> values)
    {
        var standard = new QueueSettings();
        return new QueueSettings
        {
            Policy = PolicyOf(values[0]),
            Stopped = (string?)values[1] == "stopped",
            MaxReceives = (int?)Number(values[2]) ?? standard.MaxReceives,
            MaxLength = Number(values[3]),
            TimeToLive = Number(values[4]) is { } ttl ? TimeSpan.FromMilliseconds(ttl) : null,
            History = (int?)Number(values[5]) ?? standard.History,
            Durability = (string?)values[6] == "replicated" ? Durability.Replicated : Durability.Stored,
            HistoryBytes = Number(values[7]) ?? standard.HistoryBytes,
        };
    }

    private static long? Number(RedisResult value) => (string?)value is { Length: > 0 } ? (long)value : null;
}
