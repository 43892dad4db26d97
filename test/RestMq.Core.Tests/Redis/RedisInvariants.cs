using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// What is true of a queue's keys between any two scripts, checked from outside. It reads several keys one after the other, so nothing else
/// may work on the queue meanwhile.
/// </summary>
internal sealed class RedisInvariants(IConnectionMultiplexer connection, QueueName queue, string prefix = "restmq:")
{
    private readonly IDatabase _redis = connection.GetDatabase();

    /// <summary>A message is in exactly one place, and nothing is kept about a message that is gone.</summary>
    public async Task AssertAsync()
    {
        var entries = Ids(await _redis.ListRangeAsync(Key("ready"))).ToArray();
        var whole = entries.Where(IsWhole).Select(IdOf).ToArray();
        var named = entries.Where(entry => !IsWhole(entry)).Select(IdOf).ToArray();
        var bodies = await HashFieldsAsync("body");
        var ready = named.Where(bodies.Contains).ToArray();
        var leased = await SortedIdsAsync("leased");
        var delayed = await SortedIdsAsync("delayed");
        var dead = await SortedIdsAsync("dead");

        string[] placed = [.. ready, .. leased, .. delayed, .. dead];
        placed.Length.Should().Be(placed.ToHashSet().Count, "a message is in one place of {0}, and there once", queue);
        Extra(bodies, placed).Should().BeEmpty("every message of {0} is in a place", queue);
        Extra(placed, bodies).Should().BeEmpty("every place of {0} holds messages", queue);
        Extra(await SortedIdsAsync("expiry"), bodies).Should().BeEmpty("only messages of {0} expire", queue);
        Extra(await HashFieldsAsync("count"), bodies).Should().BeEmpty("hand-outs of {0} are counted of messages", queue);
        (await HashFieldsAsync("why")).Should().BeEquivalentTo(dead, "each dead letter of {0} has its reason, and nothing else has", queue);
        Extra(whole, whole.Except(bodies)).Should().BeEmpty("what stands in ready of {0} is not in body too", queue);
        whole.Select(long.Parse).Should().BeInAscendingOrder("so one is found among those that stand in ready of {0}", queue).And.OnlyHaveUniqueItems();
        ((long)await _redis.HashGetAsync(Key("meta"), "named")).Should().Be(named.Length, "the ids in ready of {0} are counted", queue);
        await AssertIdsAreOldAsync([.. bodies, .. whole]);
        await AssertOnceEndsAsync();
    }

    /// <summary>After everything was settled only the counters, the settings and the live log are left, and idempotency keys for their time.</summary>
    public async Task AssertNothingLeftAsync()
    {
        var left = await KeysAsync();
        left.Where(key => !key.StartsWith("once:", StringComparison.Ordinal)).Should().BeSubsetOf(["meta", "log"], "all of {0} is settled", queue);
        await AssertOnceEndsAsync();
    }

    // An entry of `ready` is "<id> <added ms> …", or names an id: "<id>", or "<id>@<last id then>".
    private static bool IsWhole(string entry) => entry.Contains(' ');

    private static string IdOf(string entry) => entry.Split(' ', '@')[0];

    // An id is given out by the counter, so none can be beyond it.
    private async Task AssertIdsAreOldAsync(IReadOnlyCollection<string> ids)
    {
        var next = (long)await _redis.HashGetAsync(Key("meta"), "next");
        ids.Select(long.Parse).Where(id => id < 1 || id > next).Should().BeEmpty("{0} has given out {1} ids", queue, next);
    }

    private async Task AssertOnceEndsAsync()
    {
        foreach (var key in (await KeysAsync()).Where(key => key.StartsWith("once:", StringComparison.Ordinal)))
            (await _redis.KeyTimeToLiveAsync(Key(key))).Should().NotBeNull("{0} of {1} is for its window only", key, queue);
    }

    // The assertions of sets compare each with each, which takes minutes for thousands.
    private static IEnumerable<string> Extra(IEnumerable<string> ids, IEnumerable<string> than) => ids.Except(than);

    private RedisKey Key(string name) => $"{prefix}{{{queue.Value}}}:{name}";

    // What follows the queue's tag in each of its keys.
    private async Task<IReadOnlyList<string>> KeysAsync()
    {
        var tag = Key("").ToString();
        var keys = new List<string>();
        foreach (var server in connection.GetServers())
        {
            await foreach (var key in server.KeysAsync(pattern: Escape(tag) + "*")) keys.Add(key.ToString()[tag.Length..]);
        }
        return keys;
    }

    // A queue's name may hold what a pattern takes for more than itself.
    private static string Escape(string text) => string.Concat(text.Select(c => c is '*' or '?' or '[' or ']' or '^' or '\\' ? $"\\{c}" : $"{c}"));

    private async Task<HashSet<string>> HashFieldsAsync(string name) => [.. Ids(await _redis.HashKeysAsync(Key(name)))];

    private async Task<string[]> SortedIdsAsync(string name) => [.. Ids(await _redis.SortedSetRangeByRankAsync(Key(name)))];

    private static IEnumerable<string> Ids(RedisValue[] values) => values.Select(value => value.ToString());
}
