using System.Security.Cryptography;
using System.Text;
using RestMq.Engine;
using StackExchange.Redis;

namespace RestMq.Bench;

/// <summary>
/// Implements the cheapest possible queue on Redis with RestMQ's data structures: a stream of messages, a hash of
/// delivered messages, and a sorted set of leases. Group commit gathers requests as in RestMQ. The scripts do only the
/// work that every message needs. They do not check, limit, count or publish, and expired leases are not returned.
/// </summary>
internal sealed class Least(IDatabase redis)
{
    private const string AddScript =
        """
        local last = redis.call('HINCRBY', KEYS[1], 'id', #ARGV)
        for i = 1, #ARGV do
          local id = string.format('%d', last - #ARGV + i)
          redis.call('XADD', KEYS[3], id, '0', id .. ' 1790000000000 0 t\n' .. ARGV[i])
        end
        return last
        """;

    // ARGV: the number of messages to take, the end of their leases in Unix ms, and the ids of earlier messages to ack.
    private const string TakeScript =
        """
        local done = { unpack(ARGV, 3) }
        if #done > 0 then
          redis.call('ZREM', KEYS[4], unpack(done))
          redis.call('HDEL', KEYS[2], unpack(done))
        end
        local entries = ARGV[1] ~= '0' and redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', ARGV[1]) or {}
        if #entries == 0 then return { {}, {} } end
        local ids, messages, bodies, leases = {}, {}, {}, {}
        for i, entry in ipairs(entries) do
          local message = entry[2][2]
          local id = string.match(message, '^%d+')
          ids[i], messages[i], bodies[2 * i - 1], bodies[2 * i], leases[2 * i - 1], leases[2 * i] = id, message, id, message, ARGV[2], id
        end
        redis.call('XTRIM', KEYS[3], 'MINID', '=', string.format('%d', ids[#ids] + 1))
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

    // A call with a null is a take. A call with an id acks the message with this id.
    private GroupCommit<RedisValue, RedisValue> Taking => _taking ??= new(async calls =>
    {
        List<RedisValue> arguments = [calls.Count(call => call.IsNull), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 60_000, .. calls.Where(call => !call.IsNull)];
        var reply = (RedisResult[])(await redis.ScriptEvaluateAsync(_take, Keys, [.. arguments]))!;
        var ids = new Queue<RedisValue>((RedisValue[])reply[0]!);
        return [.. calls.Select(call => call.IsNull && ids.TryDequeue(out var id) ? id : RedisValue.Null)];
    }, static _ => 1, maxWeight: 1000);

    public async Task AddAsync(RedisValue body) => await Adding.SendAsync(body);

    public Task AddAsync(RedisValue[] bodies) => redis.ScriptEvaluateAsync(_add, Keys, bodies);

    /// <summary>Takes a message and returns its id. Returns null when there is no message.</summary>
    public ValueTask<RedisValue> TakeAsync() => Taking.SendAsync(RedisValue.Null);

    public async Task DeleteAsync(RedisValue id) => await Taking.SendAsync(id);

    public Task<long> CountAsync() => redis.StreamLengthAsync(Keys[2]);

    public Task PurgeAsync() => redis.KeyDeleteAsync(Keys);

    private static byte[] Load(IDatabase redis, string script, params RedisValue[] arguments)
    {
        redis.ScriptEvaluate(script, Keys, arguments);
        return SHA1.HashData(Encoding.UTF8.GetBytes(script));
    }
}
