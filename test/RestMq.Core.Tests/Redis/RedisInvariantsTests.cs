using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Verifies the checks of <see cref="RedisInvariants"/>: valid keys pass, and each kind of broken key is found.
/// </summary>
public sealed class RedisInvariantsTests(RedisFixture server) : IAsyncLifetime, IClassFixture<RedisFixture>
{
    private readonly QueueName _queue = QueueName.Parse($"q*[-{Guid.NewGuid():N}");
    private IConnectionMultiplexer _connection = null!;
    private IDatabase _redis = null!;

    public async Task InitializeAsync()
    {
        _connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        _redis = _connection.GetDatabase();
        await _redis.HashSetAsync(Key("meta"), [new("next", 8)]);
        foreach (var id in (string[])["5", "6", "8"]) await _redis.StreamAddAsync(Key("ready"), "0", $"{id} 1790000000000 0 t\na text", $"{id}-0");
        await _redis.HashSetAsync(Key("body"), [new("1", "a"), new("2", "b"), new("3", "c"), new("4", "d"), new("7", "e")]);
        await _redis.SortedSetAddAsync(Key("back"), "1", -1);
        await _redis.SortedSetAddAsync(Key("leased"), [new("2.2", 1), new("7", 1)]);
        await _redis.SortedSetAddAsync(Key("delayed"), "0000000000000003", 1);
        await _redis.SortedSetAddAsync(Key("dead"), "4", 1);
        await _redis.HashSetAsync(Key("why"), "4", "a reason");
        await _redis.HashSetAsync(Key("count"), "2", 1);
        await _redis.SortedSetAddAsync(Key("expiry"), "1", 1);
        await _redis.StringSetAsync(Key("once:a"), "1", TimeSpan.FromMinutes(5));
        await _redis.StringSetAsync(Key("sent:a:1"), "1 2.2 7", TimeSpan.FromMinutes(1));
    }

    public async Task DisposeAsync() => await _connection.DisposeAsync();

    [Fact]
    public async Task Assert_ValidKeys_Passes()
    {
        await Invariants.AssertAsync();
    }

    public static TheoryData<string> Breakages => [.. Breaks.Keys];

    [Theory]
    [MemberData(nameof(Breakages))]
    public async Task Assert_BrokenKeys_Throws(string breakage)
    {
        await Breaks[breakage](_redis, Key);

        await FluentActions.Awaiting(Invariants.AssertAsync).Should().ThrowAsync<Xunit.Sdk.XunitException>();
    }

    [Fact]
    public async Task AssertNothingLeft_RemainingKeys_Throws()
    {
        await FluentActions.Awaiting(Invariants.AssertNothingLeftAsync).Should().ThrowAsync<Xunit.Sdk.XunitException>();

        await _redis.KeyDeleteAsync(
            [Key("body"), Key("ready"), Key("back"), Key("leased"), Key("delayed"), Key("dead"), Key("why"), Key("count"), Key("expiry")]);
        await Invariants.AssertNothingLeftAsync();
    }

    private RedisInvariants Invariants => new(_connection, _queue);

    private RedisKey Key(string name) => $"restmq:{{{_queue.Value}}}:{name}";

    private static readonly Dictionary<string, Func<IDatabase, Func<string, RedisKey>, Task>> Breaks = new()
    {
        ["in two states"] = (redis, key) => redis.SortedSetAddAsync(key("delayed"), "0000000000000001", 1),
        ["in no state"] = (redis, key) => redis.SortedSetRemoveAsync(key("leased"), "7"),
        ["leased without a body"] = (redis, key) => redis.HashDeleteAsync(key("body"), "7"),
        ["leased under a delivery that is over"] = async (redis, key) =>
        {
            await redis.SortedSetRemoveAsync(key("leased"), "2.2");
            await redis.SortedSetAddAsync(key("leased"), "2", 1);
        },
        ["expires without a body"] = (redis, key) => redis.SortedSetAddAsync(key("expiry"), "9", 1),
        ["counted without a body"] = (redis, key) => redis.HashSetAsync(key("count"), "5", 1),
        ["a reason, but not dead"] = (redis, key) => redis.HashSetAsync(key("why"), "1", "a reason"),
        ["dead without a reason"] = (redis, key) => redis.HashDeleteAsync(key("why"), "4"),
        ["an id never given out"] = (redis, key) => redis.HashSetAsync(key("meta"), "next", 3),
        ["a waiting id never given out"] = (redis, key) => redis.HashSetAsync(key("meta"), "next", 7),
        ["waiting and in a body"] = async (redis, key) =>
        {
            await redis.HashSetAsync(key("body"), "8", "8 1790000000000 0 t\na text");
            await redis.SortedSetAddAsync(key("back"), "8", 1);
        },
        ["a text of another id"] = (redis, key) => redis.StreamAddAsync(key("ready"), "0", "8 1790000000000 0 t\na text", "9-0"),
        ["an exchange remembered for ever"] = (redis, key) => redis.KeyPersistAsync(key("sent:a:1")),
        ["a once key that stays"] = (redis, key) => redis.KeyPersistAsync(key("once:a")),
    };
}
