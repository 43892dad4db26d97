using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RestMq.Stores;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Verifies that the cost of a call does not depend on the number of messages. Redis counts the commands of each call
/// over 100 messages and over 100,000. A count does not show a command that walks a whole key, so only commands that
/// walk no key are allowed.
/// </summary>
[Trait("Runs", "alone")]
public sealed class CostTests : IAsyncLifetime
{
    private const int Few = 100;
    private const int Many = 100_000;

    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    // Each command costs O(1), O(log n) of the key's length, or the number of its arguments or its count. Check the
    // cost before you add a command.
    private static readonly string[] Allowed =
    [
        "time", "exists", "get", "set", "del", "pttl", "publish", "unlink", "pexpire", "persist",
        "hget", "hmget", "hset", "hsetnx", "hdel", "hexists", "hincrby", "hlen",
        "zadd", "zrem", "zcard", "zscore", "zmscore", "zrange", "zrevrange", "zrangebyscore", "zrevrangebyscore",
        "xadd", "xrange", "xrevrange", "xtrim", "xdel", "xlen",
    ];

    // The test has its own server, because the shared one also counts the commands of other tests.
    private readonly RedisFixture _server = new();
    private RedisQueueStore _store = null!;
    private ConnectionMultiplexer _connection = null!;

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        _store = new RedisQueueStore(
            new RedisStoreOptions { Configuration = _server.Patient }, TimeSpan.FromMinutes(5), NullLogger<RedisQueueStore>.Instance,
            // The clock stands still, because after a minute a queue would be entered in the index again.
            new QueueMetrics(Options.Create(new RestMqOptions())), new FakeTimeProvider());
        _connection = await ConnectionMultiplexer.ConnectAsync($"{_server.Configuration},allowAdmin=true");
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task AnyCall_HundredThousandMessages_CostsAsMuchAsWithAHundred()
    {
        QueueName few = QueueName.Parse("few"), many = QueueName.Parse("many");
        await FillAsync(few, Few / 4);
        await FillAsync(many, Many / 4);

        // One of the calls deletes a message in the middle of the ready messages.
        var calls = Calls(Few / 4).Zip(Calls(Many / 4));
        foreach (var ((name, onFew), (_, onMany)) in calls)
        {
            var (small, large) = (await CountAsync(() => onFew(few)), await CountAsync(() => onMany(many)));
            large.Keys.Should().BeSubsetOf(Allowed, "{0} must not walk a key", name);
            large.Should().BeEquivalentTo(small, "{0} must run the same commands for any number of messages", name);
        }
        // A command that walks a key would take longer. The shortest of several calls counts, because the machine may
        // be busy.
        foreach (var ((name, onFew), (_, onMany)) in Calls(Few / 4).Zip(Calls(Many / 4)))
        {
            var (small, large) = (await MicrosecondsAsync(() => onFew(few)), await MicrosecondsAsync(() => onMany(many)));
            large.Should().BeLessThan(
                (4 * small) + 600, "{0} must take the same time for any number of messages", name);
        }
        foreach (var (name, most, call) in Steps())
        {
            var step = await CountAsync(() => call(many));
            step.Keys.Should().BeSubsetOf(Allowed, "{0} must not walk a key", name);
            step.Values.Sum().Should().BeLessThan(most, "{0} must go by bounded steps", name);
        }

        (await _store.StatsAsync(many, default)).Total.Should().BeGreaterThan(Many * 9 / 10);
        await EmptyAsync(many);
        await new RedisInvariants(_connection, many).AssertNothingLeftAsync();
        (await MemoryAsync(many)).Should().BeLessThan(1024, "only the counters are left of 100,000 settled messages");
    }

    [Fact]
    public async Task Stats_ThousandMessagesDue_MovesABoundedNumber()
    {
        // Each is due at its own instant, because messages that are due together are moved together.
        var queue = QueueName.Parse("due");
        await _store.AddAsync(queue, [.. Enumerable.Range(1, 1000).Select(n => Message() with { Delay = TimeSpan.FromMilliseconds(n) })], default);
        var server = _connection.GetServers().Single();
        var allDue = await server.TimeAsync() + TimeSpan.FromSeconds(1);
        await Deadline.Until(async () => await server.TimeAsync() > allDue);

        (await _store.StatsAsync(queue, default)).Ready.Should().Be(100);
        (await _store.LeaseAsync(queue, [new LeaseRequest(1, Long)], default)).Messages.Should().ContainSingle();
        (await _store.LeaseAsync(queue, [new LeaseRequest(1000, Long)], default)).Next
            .Should().Be(TimeSpan.Zero, "the caller must call again at once");
    }

    [Fact]
    public async Task Lease_ManyExpiredMessages_SkipsABoundedNumber()
    {
        var queue = QueueName.Parse("dying");
        // Adds drop expired messages, so none may expire before the last one is added.
        const int count = 20_000;
        for (var n = 0; n < count; n += 1000)
            await _store.AddAsync(queue, [.. Enumerable.Repeat(Message() with { TimeToLive = TimeSpan.FromSeconds(5) }, 1000)], default);
        await Deadline.Until(async () => await _store.PeekAsync(new MessageKey(queue, count), default) is null);

        LeasedBatch taken = default;
        var cost = await CountAsync(async () => taken = await _store.LeaseAsync(queue, [new LeaseRequest(1, Long)], default));

        cost.Values.Sum().Should().BeLessThan(2500, string.Join(' ', cost));
        (taken.Messages.Count, taken.Next).Should().Be((0, TimeSpan.Zero), "the caller must call again at once");
        while (taken.Next == TimeSpan.Zero) taken = await _store.LeaseAsync(queue, [new LeaseRequest(1, Long)], default);
        taken.Next.Should().BeNull();
        await new RedisInvariants(_connection, queue).AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Settle_AroundAMessageThatStays_FreesStreamEntries()
    {
        var queue = QueueName.Parse("staying");
        await _store.AddAsync(queue, [Message()], default);
        AddResult[] last = [];
        for (var round = 0; round < 20; round++)
        {
            var added = await _store.AddAsync(queue, [.. Enumerable.Repeat(Message(), 500)], default);
            if (last.Length > 0) await _store.SettleAsync(queue, [.. last.Select(one => new Settlement(new Receipt(one.Key, 0), SettleAction.Ack))], default);
            last = added;
            foreach (var id in last.Select(one => one.Key.Id).Where(id => id % 50 == 0).Prepend(1))
                (await _store.PeekAsync(new MessageKey(queue, id), default))!.Message.Key.Id
                    .Should().Be(id, "the message must be found in round {0}", round);
        }

        (await _connection.GetDatabase().StreamLengthAsync($"restmq:{{{queue}}}:ready"))
            .Should().Be(501, "501 messages are left of 10,001");
        await new RedisInvariants(_connection, queue).AssertAsync();
        var left = new List<long>();
        LeasedBatch taken;
        do
        {
            taken = await _store.LeaseAsync(queue, [new LeaseRequest(1000, Long)], default);
            left.AddRange(taken.Messages.Select(message => message.Key.Id));
        }
        while (taken.Next == TimeSpan.Zero);
        left.Should().Equal([1, .. last.Select(one => one.Key.Id)]);
    }

    private static NewMessage Message() => new(MessageBody.FromText("a message"));

    // Returns calls that must cost the same on every filled queue. `each` is the number of messages in each state.
    private List<(string Name, Func<QueueName, Task> Call)> Calls(int each)
    {
        var calls = new List<(string, Func<QueueName, Task>)>
        {
            ("add", q => _store.AddAsync(q, [Message()], default).AsTask()),
            ("add ten", q => _store.AddAsync(q, [.. Enumerable.Repeat(Message(), 10)], default).AsTask()),
            ("add once", q => _store.AddAsync(q, [Message() with { IdempotencyKey = $"{q}" }], default).AsTask()),
            ("add again", q => _store.AddAsync(q, [Message() with { IdempotencyKey = $"{q}" }], default).AsTask()),
            ("add later", q => _store.AddAsync(q, [Message() with { Delay = Long }], default).AsTask()),
            ("look", q => _store.PeekHeadAsync(q, default).AsTask()),
            ("stats", q => _store.StatsAsync(q, default).AsTask()),
            ("take", q => SettleOneAsync(q, SettleAction.Ack)),
            ("extend", q => SettleOneAsync(q, SettleAction.Extend, Long)),
            ("release", q => SettleOneAsync(q, SettleAction.Release)),
            ("release later", q => SettleOneAsync(q, SettleAction.Release, Long)),
            ("return", q => SettleOneAsync(q, SettleAction.Return)),
            ("bury", q => SettleOneAsync(q, SettleAction.Bury)),
            ("redrive of one", q => _store.RedriveAsync(new MessageKey(q, each / 2), default).AsTask()),
            ("delete of one that waits", q => _store.SettleAsync(q, [new Settlement(new Receipt(new MessageKey(q, (each * 3) + (each / 2)), 0), SettleAction.Ack)], default).AsTask()),
            ("peek", q => _store.PeekAsync(new MessageKey(q, each / 4), default).AsTask()),
            ("broadcast", q => _store.BroadcastAsync(q, new BroadcastRequest(null, 5, 5), default).AsTask()),
        };
        foreach (var state in Enum.GetValues<MessageState>()) calls.Add(($"last {state}", q => _store.BrowseAsync(q, state, 10, default).AsTask()));
        return calls;
    }

    // Returns calls that do as much as their bound allows, with the largest number of commands.
    private List<(string Name, int Most, Func<QueueName, Task> Call)> Steps() =>
    [
        ("redrive", 300, q => _store.RedriveAsync(q, default).AsTask()),
        .. Enum.GetValues<MessageState>().Select(state => ($"purge {state}", 50, (Func<QueueName, Task>)(q => _store.PurgeAsync(q, state, default).AsTask()))),
    ];

    private async Task SettleOneAsync(QueueName queue, SettleAction action, TimeSpan time = default)
    {
        var leased = await _store.LeaseAsync(queue, [new LeaseRequest(1, Long)], default);
        (await _store.SettleAsync(queue, [new Settlement(leased.Messages[0].Receipt, action) { Time = time, Reason = "a reason" }], default))
            .Should().Equal(SettleResult.Done);
    }

    // Adds the same number of messages in each state: dead, leased, delayed, ready.
    private async Task FillAsync(QueueName queue, int each)
    {
        foreach (var dead in new[] { true, false })
        {
            for (var left = each; left > 0; left -= 1000)
            {
                var count = Math.Min(left, 1000);
                await _store.AddAsync(queue, [.. Enumerable.Repeat(Message(), count)], default);
                var leased = await _store.LeaseAsync(queue, [new LeaseRequest(count, Long)], default);
                if (!dead) continue;
                await _store.SettleAsync(queue, [.. leased.Messages.Select(m => new Settlement(m.Receipt, SettleAction.Bury) { Reason = "a reason" })], default);
            }
        }
        foreach (var delay in new[] { Long, TimeSpan.Zero })
        {
            for (var left = each; left > 0; left -= 1000)
                await _store.AddAsync(queue, [.. Enumerable.Repeat(Message() with { Delay = delay }, Math.Min(left, 1000))], default);
        }
    }

    // Empties the queue as consumers and an administrator would: acks the ready messages and purges the other states.
    private async Task EmptyAsync(QueueName queue)
    {
        while (await _store.LeaseAsync(queue, [new LeaseRequest(1000, Long)], default) is { Messages: { Count: > 0 } messages })
            await _store.SettleAsync(queue, [.. messages.Select(m => new Settlement(m.Receipt, SettleAction.Ack))], default);
        foreach (var state in Enum.GetValues<MessageState>())
        {
            while ((await _store.PurgeAsync(queue, state, default)).More)
            {
            }
        }
    }

    // Returns how long Redis runs the scripts of a call, in µs. The shortest of five calls counts.
    private async Task<double> MicrosecondsAsync(Func<Task> call)
    {
        var least = double.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var before = await ScriptTimeAsync();
            await call();
            least = Math.Min(least, await ScriptTimeAsync() - before);
        }
        return least;
    }

    private async Task<double> ScriptTimeAsync()
    {
        var stats = await _connection.GetServers().Single().InfoAsync("commandstats");
        return stats.Single().Where(line => line.Key is "cmdstat_evalsha" or "cmdstat_eval")
            .Sum(line => double.Parse(line.Value.Split(',')[1]["usec=".Length..], CultureInfo.InvariantCulture));
    }

    // Returns the number of commands that a call makes Redis run, by name.
    private async Task<Dictionary<string, long>> CountAsync(Func<Task> call)
    {
        var before = await CommandsAsync();
        await call();
        var after = await CommandsAsync();
        return after.Select(now => (now.Key, Count: now.Value - before.GetValueOrDefault(now.Key))).Where(one => one.Count > 0)
            .ToDictionary(one => one.Key, one => one.Count);
    }

    private async Task<Dictionary<string, long>> CommandsAsync()
    {
        var stats = await _connection.GetServers().Single().InfoAsync("commandstats");
        // Excludes the commands of the counting itself, and those that keep connections alive.
        return stats.Single().Select(line => (Name: line.Key["cmdstat_".Length..], Calls: Calls(line.Value)))
            .Where(one => one.Name is not ("info" or "ping" or "eval" or "evalsha" or "sadd" or "cluster") && !one.Name.Contains('|'))
            .ToDictionary(one => one.Name, one => one.Calls);

        static long Calls(string value) => long.Parse(value.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture);
    }

    private async Task<long> MemoryAsync(QueueName queue)
    {
        long bytes = 0;
        await foreach (var key in _connection.GetServers().Single().KeysAsync(pattern: $"restmq:{{{queue}}}:*"))
        {
            var name = key.ToString();
            // The log of a broadcast, idempotency keys and the records of exchanges expire by themselves.
            if (name.EndsWith(":log", StringComparison.Ordinal) || name.Contains(":once:", StringComparison.Ordinal)
                || name.Contains(":sent:", StringComparison.Ordinal)) continue;
            bytes += (long)await _connection.GetDatabase().ExecuteAsync("MEMORY", "USAGE", name);
        }
        return bytes;
    }
}
