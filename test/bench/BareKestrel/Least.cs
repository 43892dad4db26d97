using System.Security.Cryptography;
using System.Text;
using RestMq.Engine;
using StackExchange.Redis;

namespace RestMq.Bench;

/// <summary>
/// The least that a queue with RestMQ's data can cost on Redis: a list of messages, a hash of those handed out, and leases by when they end. Requests gather as
/// RestMQ's do, and their scripts do what every message needs and nothing else: nothing is checked, bounded, counted, published, or comes again.
/// </summary>
internal sealed class Least(IDatabase redis)
{
    private const string AddScript =
        """
        local last = redis.call('HINCRBY', KEYS[1], 'id', #ARGV)
        local messages = {}
        for i = 1, #ARGV do messages[i] = string.format('%d', last - #ARGV + i) .. ' 1790000000000 0 t\n' .. ARGV[i] end
        redis.call('RPUSH', KEYS[3], unpack(messages))
        return last
        """;

    // ARGV: how many, when their leases end, and the ids that were taken before and are done with.
    private const string TakeScript =
        """
        local done = { unpack(ARGV, 3) }
        if #done > 0 then
          redis.call('ZREM', KEYS[4], unpack(done))
          redis.call('HDEL', KEYS[2], unpack(done))
        end
        local messages = ARGV[1] ~= '0' and redis.call('LPOP', KEYS[3], ARGV[1])
        if not messages then return { {}, {} } end
        local ids, bodies, leases = {}, {}, {}
        for i, message in ipairs(messages) do
          local id = string.match(message, '^%d+')
          ids[i], bodies[2 * i - 1], bodies[2 * i], leases[2 * i - 1], leases[2 * i] = id, id, message, ARGV[2], id
        end
        redis.call('HSET', KEYS[2], unpack(bodies))
        redis.call('ZADD', KEYS[4], unpack(leases))
        return { ids, messages }
        """;

    private static readonly RedisKey[] Keys = ["{least}:meta", "{least}:body", "{least}:ready", "{least}:leased"];

    private readonly byte[] _add = Load(redis, AddScript, "");
    private readonly byte[] _take = Load(redis, TakeScript, 0, 0);

    private GroupCommit<RedisValue, bool>? _adding;
    private GroupCommit<RedisValue, RedisValue>? _taking;

    private GroupCommit<RedisValue, bool> Adding => _adding ??= new(async bodies =>
    {
        await AddAsync([.. bodies]);
        return new bool[bodies.Count];
    }, static _ => 1, maxWeight: 1000);

    // A call is a take, or the end of the one that had this id.
    private GroupCommit<RedisValue, RedisValue> Taking => _taking ??= new(async calls =>
    {
        List<RedisValue> arguments = [calls.Count(call => call.IsNull), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 60_000, .. calls.Where(call => !call.IsNull)];
        var reply = (RedisResult[])(await redis.ScriptEvaluateAsync(_take, Keys, [.. arguments]))!;
        var ids = new Queue<RedisValue>((RedisValue[])reply[0]!);
        return [.. calls.Select(call => call.IsNull && ids.TryDequeue(out var id) ? id : RedisValue.Null)];
    }, static _ => 1, maxWeight: 1000);

    public async Task AddAsync(RedisValue body) => await Adding.SendAsync(body);

    public Task AddAsync(RedisValue[] bodies) => redis.ScriptEvaluateAsync(_add, Keys, bodies);

    /// <summary>An id; null when there is none.</summary>
    public ValueTask<RedisValue> TakeAsync() => Taking.SendAsync(RedisValue.Null);

    public async Task DeleteAsync(RedisValue id) => await Taking.SendAsync(id);

    public Task<long> CountAsync() => redis.ListLengthAsync(Keys[2]);

    public Task PurgeAsync() => redis.KeyDeleteAsync(Keys);

    private static byte[] Load(IDatabase redis, string script, params RedisValue[] arguments)
    {
        redis.ScriptEvaluate(script, Keys, arguments);
        return SHA1.HashData(Encoding.UTF8.GetBytes(script));
    }
}
