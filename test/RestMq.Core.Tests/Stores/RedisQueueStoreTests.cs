using Microsoft.Extensions.Logging.Abstractions;
using RestMq.Redis;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Stores;

/// <summary>
/// Runs the contract on Redis with real time. Tests wait a little, and poll until a deadline. After each test,
/// <see cref="RedisInvariants"/> checks the keys of the queue.
/// </summary>
public sealed class RedisQueueStoreTests(RedisFixture server) : QueueStoreContract, IClassFixture<RedisFixture>
{
    private readonly List<RedisQueueStore> _stores = [];

    // Long enough for the steps between two waits, even on a busy machine.
    private protected override TimeSpan Soon => TimeSpan.FromMilliseconds(500);

    private protected override Task<(IQueueStore Store, IQueueStore Other)> CreateStoresAsync(RestMqOptions options, QueueMetrics metrics)
    {
        // Two stores stand for two hosts.
        var (store, other) = (CreateStore(options, metrics), CreateStore(options, metrics));
        _stores.AddRange([store, other]);
        return Task.FromResult<(IQueueStore, IQueueStore)>((store, other));
    }

    private protected override Task PassAsync(TimeSpan time) => Task.Delay(time);

    [Fact]
    public async Task Stats_ThousandsDueAtOneInstant_MovesAll()
    {
        const int Count = 9000;
        for (var i = 0; i < Count / 1000; i++) await Store.AddAsync(Queue, [.. Enumerable.Repeat(Message("x", delay: Long), 1000)], default);
        await using (var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration))
        {
            var due = await connection.GetDatabase().SortedSetRangeByRankAsync($"restmq:{{{Queue}}}:delayed");
            await connection.GetDatabase().SortedSetAddAsync($"restmq:{{{Queue}}}:delayed", [.. due.Select(id => new SortedSetEntry(id, 1))]);
        }

        await EventuallyAsync(async () => (await StatsAsync()).Ready.Should().Be(Count));
        Ids(await LeaseAsync(1000)).Should().Equal(Numbers(1, 1000));
    }

    [Fact]
    public async Task Lease_DeliveryNumberOfManyDigits_IsKeptExactly()
    {
        // The delivery number after ten million redrives. By default, Lua formats a number with only 14 digits.
        const long Past = 10_000_000 * DeliveryNumbers.PerRedrive;
        await Store.AddAsync(Queue, [Message("x")], default);
        await Store.SettleAsync(Queue, [new Settlement((await LeaseOneAsync()).Receipt, SettleAction.Release)], default);
        await using (var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration))
            await connection.GetDatabase().HashSetAsync($"restmq:{{{Queue}}}:count", "1", Past);

        var held = await LeaseOneAsync();
        (held.DeliveryCount, held.Receipt.Fence).Should().Be((1, Past + 1));
        (await Store.HoldsAsync(Queue, [held.Receipt, held.Receipt with { Fence = Past + 2 }], default)).Should().Equal(true, false);
        await Store.SettleAsync(Queue, [new Settlement(held.Receipt, SettleAction.Bury)], default);
        await Store.RedriveAsync(Queue, default);
        (await Store.PeekHeadAsync(Queue, default))!.Receipt.Fence.Should().Be(Past + DeliveryNumbers.PerRedrive + 1);
        (await LeaseOneAsync()).Receipt.Fence.Should().Be(Past + DeliveryNumbers.PerRedrive + 2);
    }

    [Fact]
    public async Task PeekHead_ManyDeletedMessagesBefore_FindsTheHead()
    {
        for (var i = 0; i < 4; i++) await Store.AddAsync(Queue, [.. Enumerable.Repeat(Message("x"), 1000)], default);
        // Deletes from the second message on, so that the entries stay in the stream until the first message is leased.
        foreach (var ids in Numbers(2, 3500).Chunk(1000))
            await Store.SettleAsync(Queue, [.. ids.Select(id => new Settlement(new Receipt(Key(id), 0), SettleAction.Ack))], default);
        await LeaseOneAsync();

        (await Store.PeekHeadAsync(Queue, default))!.Key.Should().Be(Key(3501));
    }

    [Fact]
    public async Task Peek_ReadyMessageAmongAnyOthers_IsFound()
    {
        var waiting = new SortedSet<long>();
        // Messages that were delivered before return to the head in no order. One stays leased. One is redriven later.
        await AddPlainAsync();
        var held = await LeaseAsync(6);
        foreach (var n in new[] { 4, 1, 5, 2 }) await SettleAsync(held[n], SettleAction.Return);
        await SettleAsync(held[3], SettleAction.Bury);
        waiting.Remove(held[0].Key.Id);
        // Between the plain messages are a delayed one, one with a time to live, a large one and the redriven one.
        await AddAsync(Message("due", delay: Soon));
        await AddPlainAsync();
        await EventuallyAsync(async () => (await StatsAsync()).Delayed.Should().Be(0));
        await AddAsync(Message("dies", ttl: Long), Message("plain"), Message(new string('x', 5000)), Message("plain"));
        await AddPlainAsync();
        (await Store.RedriveAsync(Queue, default)).Should().Be(1);
        await AddPlainAsync();

        await AssertFoundAsync();
        var random = new Random(1);
        while (waiting.Count > 0)
        {
            var id = waiting.ElementAt(random.Next(waiting.Count));
            var delete = new Settlement(new Receipt(Key(id), 0), SettleAction.Ack);
            (await Store.SettleAsync(Queue, [new Settlement(new Receipt(Key(id), 7), SettleAction.Ack), delete, delete], default))
                .Should().Equal(SettleResult.Stale, SettleResult.Done, SettleResult.Unknown);
            waiting.Remove(id);
            await AssertFoundAsync();
        }

        Task AddPlainAsync() => AddAsync([.. Numbers(1, 7).Select(_ => Message("plain"))]);

        async Task AddAsync(params NewMessage[] messages) => waiting.UnionWith((await Store.AddAsync(Queue, messages, default)).Select(one => one.Key.Id));

        Task SettleAsync(QueueMessage message, SettleAction action) =>
            Store.SettleAsync(Queue, [new Settlement(message.Receipt, action) { Reason = "a reason" }], default).AsTask();

        async Task AssertFoundAsync()
        {
            var found = new List<long>();
            foreach (var id in Numbers(1, 40))
            {
                if (await Store.PeekAsync(Key(id), default) is { State: MessageState.Ready } snapshot) found.Add(snapshot.Message.Key.Id);
            }
            found.Should().Equal(waiting);
            (await StatsAsync()).Ready.Should().Be(waiting.Count);
        }
    }

    [Fact]
    public async Task Purge_QueueOrNone_BeginsALaterEpoch()
    {
        var epochs = new List<long> { await EpochAsync() };
        for (var i = 0; i < 3; i++)
        {
            await Store.DeleteQueueAsync(Queue, default);
            epochs.Add(await EpochAsync());
        }
        await Store.AddAsync(Queue, [Message("x")], default);
        (await EpochAsync()).Should().Be(epochs[^1], "a first add begins no epoch");
        await Store.DeleteQueueAsync(Queue, default);
        epochs.Add(await EpochAsync());

        epochs.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();

        async Task<long> EpochAsync()
        {
            var told = (await Store.BroadcastAsync(Queue, new BroadcastRequest(null, 0, 0), default)).Settings.Epoch;
            foreach (var request in new[] { new LeaseRequest(1, Long, Live: true), new LeaseRequest(0, Long, Held: true) })
                (await Store.LeaseAsync(Queue, [request], default)).Settings.Epoch.Should().Be(told);
            return told;
        }
    }

    public override async Task DisposeAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        var invariants = new RedisInvariants(connection, Queue);
        await invariants.AssertAsync();
        await SettleAllAsync();
        await invariants.AssertAsync();
        await invariants.AssertNothingLeftAsync();
        foreach (var store in _stores) await store.DisposeAsync();
        await base.DisposeAsync();
    }

    // Deletes the messages that the test left in any state, as consumers would.
    private async Task SettleAllAsync()
    {
        foreach (var state in Enum.GetValues<MessageState>())
        {
            while (await Store.BrowseAsync(Queue, state, 1000, default) is { Count: > 0 } left)
            {
                await Store.SettleAsync(
                    Queue, [.. left.Select(snapshot => new Settlement(new Receipt(snapshot.Message.Key, 0), SettleAction.Ack))], default);
            }
        }
    }

    private RedisQueueStore CreateStore(RestMqOptions options, QueueMetrics metrics) => new(
        new RedisStoreOptions { Configuration = server.Patient }, options.IdempotencyWindow, NullLogger<RedisQueueStore>.Instance, metrics);
}

