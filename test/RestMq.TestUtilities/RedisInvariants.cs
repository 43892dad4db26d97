using StackExchange.Redis;

namespace RestMq.TestUtilities;

/// <summary>
/// Checks rules that hold for a queue's keys between any two scripts. It reads several keys one after the other, so no
/// call may work on the queue meanwhile.
/// </summary>
public sealed class RedisInvariants(IConnectionMultiplexer connection, QueueName queue, string prefix = "restmq:")
{
    private readonly IDatabase _redis = connection.GetDatabase();

    /// <summary>Asserts that each message is in exactly one state and that deleted messages leave no data.</summary>
    public async Task AssertAsync()
    {
        var entries = await _redis.StreamRangeAsync(Key("ready"));
        var fresh = entries.Select(entry => IdOf(entry.Id.ToString())).ToArray();
        var bodies = await HashFieldsAsync("body");
        var back = await SortedIdsAsync("back");
        var leases = await _redis.SortedSetRangeByRankAsync(Key("leased"));
        var leased = leases.Select(lease => IdOf(lease.ToString())).ToArray();
        var delayed = await SortedIdsAsync("delayed");
        var dead = await SortedIdsAsync("dead");
        var counts = (await _redis.HashGetAllAsync(Key("count"))).ToDictionary(entry => entry.Name.ToString(), entry => (long)entry.Value);

        string[] placed = [.. back, .. leased, .. delayed, .. dead];
        placed.Length.Should().Be(placed.ToHashSet().Count, "each message of {0} is in one state, once", queue);
        Extra(bodies, placed).Should().BeEmpty("every message of {0} is in a state", queue);
        Extra(placed, bodies).Should().BeEmpty("every id in a state of {0} has a body", queue);
        Extra(await SortedIdsAsync("expiry"), [.. bodies, .. fresh])
            .Should().BeEmpty("only existing messages of {0} expire", queue);
        Extra(counts.Keys, bodies).Should().BeEmpty("only existing messages of {0} have a delivery count", queue);
        (await HashFieldsAsync("why"))
            .Should().BeEquivalentTo(dead, "exactly the dead letters of {0} have a reason", queue);
        Extra(fresh, Extra(fresh, bodies))
            .Should().BeEmpty("a message in the ready stream of {0} is not in body too", queue);
        entries.Select(entry => IdOf(entry.Values[0].Value.ToString())).Should().Equal(fresh, "the text of each message of {0} begins with its id", queue);
        leases.Select(lease => lease.ToString()).Should().BeEquivalentTo(
            leased.Select(id => counts.GetValueOrDefault(id) is > 0 and var past ? $"{id}.{past + 1}" : id),
            "a lease of {0} names the current delivery", queue);
        await AssertIdsAreOldAsync([.. bodies, .. fresh]);
        await AssertOnceEndsAsync();
    }

    /// <summary>
    /// Asserts that after all messages were settled only the counters, the settings and the live log are left, and
    /// idempotency keys until their window ends.
    /// </summary>
    public async Task AssertNothingLeftAsync()
    {
        var left = await KeysAsync();
        left.Where(key => !EndsByItself(key))
            .Should().BeSubsetOf(["meta", "log"], "all messages of {0} are settled", queue);
        await AssertOnceEndsAsync();
    }

    // A stream entry is "<id>-0". A lease is "<id>" or "<id>.<delivery>". A delayed id has leading zeros. A text begins
    // with "<id> ".
    private static string IdOf(string entry) => entry.Split('-', '.', ' ')[0].TrimStart('0');

    private static bool EndsByItself(string key) =>
        key.StartsWith("once:", StringComparison.Ordinal) || key.StartsWith("sent:", StringComparison.Ordinal);

    // The counter assigns ids, so no id can be beyond it.
    private async Task AssertIdsAreOldAsync(IReadOnlyCollection<string> ids)
    {
        var next = (long)await _redis.HashGetAsync(Key("meta"), "next");
        ids.Select(long.Parse).Where(id => id < 1 || id > next)
            .Should().BeEmpty("{0} has assigned {1} ids", queue, next);
    }

    private async Task AssertOnceEndsAsync()
    {
        foreach (var key in (await KeysAsync()).Where(EndsByItself))
            (await _redis.KeyTimeToLiveAsync(Key(key))).Should().NotBeNull("{0} of {1} must expire", key, queue);
    }

    // Assertions on sets compare all pairs, which takes minutes for thousands of ids.
    private static IEnumerable<string> Extra(IEnumerable<string> ids, IEnumerable<string> than) => ids.Except(than);

    private RedisKey Key(string name) => $"{prefix}{{{queue.Value}}}:{name}";

    // Returns the part after the queue's tag of each key.
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

    // A queue name may contain characters that are special in a pattern.
    private static string Escape(string text) => string.Concat(text.Select(c => c is '*' or '?' or '[' or ']' or '^' or '\\' ? $"\\{c}" : $"{c}"));

    private async Task<HashSet<string>> HashFieldsAsync(string name) => [.. Ids(await _redis.HashKeysAsync(Key(name)))];

    private async Task<string[]> SortedIdsAsync(string name) => [.. (await _redis.SortedSetRangeByRankAsync(Key(name))).Select(id => IdOf(id.ToString()))];

    private static IEnumerable<string> Ids(RedisValue[] values) => values.Select(value => value.ToString());
}
