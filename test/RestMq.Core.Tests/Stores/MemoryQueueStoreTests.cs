using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RestMq.Memory;
using RestMq.Telemetry;

namespace RestMq.Stores;

/// <summary>
/// Runs the contract on the memory store with a fake clock, and verifies rules of the memory store alone.
/// </summary>
public sealed class MemoryQueueStoreTests : QueueStoreContract
{
    private readonly FakeTimeProvider _time = new();

    private protected override TimeSpan Soon => TimeSpan.FromSeconds(10);

    private protected override Task<(IQueueStore Store, IQueueStore Other)> CreateStoresAsync(RestMqOptions options, QueueMetrics metrics)
    {
        IQueueStore store = new MemoryQueueStore(_time, Options.Create(options), metrics);
        return Task.FromResult((store, store));
    }

    private protected override Task PassAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }

    [Fact]
    public void Description_MemoryStore_IsMemory() => Store.Description.Should().Be("memory");

    [Fact]
    public void AnyCall_MemoryStore_CompletesSynchronously()
    {
        NewMessage[] messages = [new(MessageBody.FromText("one"))];

        Store.AddAsync(Queue, messages, default).IsCompletedSuccessfully.Should().BeTrue();
        Store.LeaseAsync(Queue, [new LeaseRequest(1, Soon)], default).IsCompletedSuccessfully.Should().BeTrue();
        Store.SettleAsync(Queue, [new Settlement(new Receipt(new MessageKey(Queue, 1), 1), SettleAction.Ack)], default)
            .IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public async Task Lease_WallClockSetForward_DoesNotEnd()
    {
        var clock = new SetClock();
        var options = Options.Create(new RestMqOptions());
        var store = new MemoryQueueStore(clock, options, new QueueMetrics(options, Meters));
        await store.AddAsync(Queue, [new NewMessage(MessageBody.FromText("one"))], default);
        await store.LeaseAsync(Queue, [new LeaseRequest(1, Soon)], default);

        clock.Utc = clock.Utc.AddDays(1);

        (await store.StatsAsync(Queue, default)).Leased.Should().Be(1);
    }

    [Fact]
    public async Task Add_RacingPurge_GoesToTheNewQueue()
    {
        const int Adds = 200_000;
        NewMessage[] message = [new(MessageBody.FromText("one"))];
        var given = new int[(2 * Adds) + 1];
        var adding = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            for (var n = 0; n < Adds; n++) Interlocked.Increment(ref given[(await Store.AddAsync(Queue, message, default))[0].Key.Id]);
        })));
        while (!adding.IsCompleted) await Store.DeleteQueueAsync(Queue, default);
        await adding;

        given.Skip(1).Should().OnlyContain(times => times == 1);
    }

    [Fact]
    public async Task Purge_CountersOlderThanADay_AreForgotten()
    {
        for (var n = 0; n < 1000; n++)
        {
            var name = NextQueue();
            await Store.AddAsync(name, [new NewMessage(MessageBody.FromText("gone"))], default);
            await Store.DeleteQueueAsync(name, default);
        }
        await PurgeOneAsync();
        await PassAsync(TimeSpan.FromHours(23));
        await Store.DeleteQueueAsync(await AddOneAsync(NextQueue()), default);
        (await IdAfterPurgeAsync()).Should().Be(2);

        await PurgeOneAsync();
        await PassAsync(TimeSpan.FromHours(25));
        for (var n = 0; n < 2000; n++) await Store.DeleteQueueAsync(await AddOneAsync(NextQueue()), default);
        (await IdAfterPurgeAsync()).Should().Be(1);

        async Task PurgeOneAsync() => await Store.DeleteQueueAsync(await AddOneAsync(Queue), default);

        async Task<long> IdAfterPurgeAsync() =>
            (await Store.AddAsync(Queue, [new NewMessage(MessageBody.FromText("again"))], default)).Single().Key.Id;

        async Task<QueueName> AddOneAsync(QueueName name)
        {
            await Store.AddAsync(name, [new NewMessage(MessageBody.FromText("one"))], default);
            return name;
        }
    }

    [Fact]
    public async Task Broadcast_History_EndsOneHourAfterTheLastMessage()
    {
        await AddAsync();
        await PassAsync(TimeSpan.FromMinutes(59));
        await AddAsync();
        await PassAsync(TimeSpan.FromMinutes(59));
        (await ReadAsync()).Should().Equal(1, 2);

        await PassAsync(TimeSpan.FromMinutes(1));
        (await ReadAsync()).Should().BeEmpty();

        async Task AddAsync()
        {
            await Store.AddAsync(Queue, [new NewMessage(MessageBody.FromText("one"))], default);
            await Store.BroadcastAsync(Queue, new BroadcastRequest(null, 1, 1), default);
        }

        async Task<IEnumerable<long>> ReadAsync() =>
            (await Store.BroadcastAsync(Queue, new BroadcastRequest(0, 0, 10), default)).Messages.Select(message => message.Sequence);
    }

    [Fact]
    public async Task Broadcast_HistoryExpired_FreesItsBodies()
    {
        var body = await BroadcastAsync();
        await PassAsync(TimeSpan.FromHours(1));

        await StatsAsync();
        GC.Collect();

        body.IsAlive.Should().BeFalse();

        async Task<WeakReference> BroadcastAsync()
        {
            var bytes = Guid.NewGuid().ToByteArray();
            await Store.AddAsync(Queue, [new NewMessage(MessageBody.FromBytes(bytes))], default);
            await Store.BroadcastAsync(Queue, new BroadcastRequest(null, 1, 0), default);
            return new WeakReference(bytes);
        }
    }

    [Fact]
    public async Task Settle_DeletedWithoutConsumers_FreesBodies()
    {
        var bodies = new List<WeakReference>();
        await AddAsync("stays");
        for (var n = 0; n < 50; n++) bodies.Add(await AddAsync($"deleted {n}"));
        await AddAsync("stays too");
        await Store.SettleAsync(
            Queue, [.. Enumerable.Range(2, 50).Select(id => new Settlement(new Receipt(new MessageKey(Queue, id), 0), SettleAction.Ack))], default);

        GC.Collect();

        bodies.Should().OnlyContain(body => !body.IsAlive);

        async Task<WeakReference> AddAsync(string text)
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes(text);
            await Store.AddAsync(Queue, [new NewMessage(MessageBody.FromBytes(bytes))], default);
            return new WeakReference(bytes);
        }
    }

    [Theory]
    [InlineData("taken"), InlineData("dead and purged"), InlineData("leased and purged"), InlineData("delayed and purged"), InlineData("ready and purged")]
    [InlineData("redriven and taken"), InlineData("expired"), InlineData("broadcast"), InlineData("purged")]
    public async Task AnyRemoval_OfMessages_FreesBodies(string way)
    {
        await Store.ConfigureAsync(Queue, new QueueSettingsChange { History = 0 }, default);
        var bodies = new List<WeakReference>();
        for (var n = 0; n < 50; n++) bodies.Add(await AddAsync(way));

        await GoAsync(way);
        (await StatsAsync()).Total.Should().Be(0);
        GC.Collect();

        bodies.Should().OnlyContain(body => !body.IsAlive);

        async Task<WeakReference> AddAsync(string way)
        {
            var bytes = Guid.NewGuid().ToByteArray();
            var message = new NewMessage(MessageBody.FromBytes(bytes))
            {
                Delay = way.StartsWith("delayed", StringComparison.Ordinal) ? Long : TimeSpan.Zero,
                TimeToLive = way == "expired" ? Soon : null,
            };
            await Store.AddAsync(Queue, [message], default);
            return new WeakReference(bytes);
        }
    }

    private async Task GoAsync(string way)
    {
        switch (way)
        {
            case "taken":
                await EndAsync(SettleAction.Ack);
                break;
            case "dead and purged":
                await EndAsync(SettleAction.Bury);
                await Store.PurgeAsync(Queue, MessageState.Dead, default);
                break;
            case "leased and purged":
                await LeaseAsync(50);
                await Store.PurgeAsync(Queue, MessageState.Leased, default);
                break;
            case "delayed and purged":
                await Store.PurgeAsync(Queue, MessageState.Delayed, default);
                break;
            case "ready and purged":
                await Store.PurgeAsync(Queue, MessageState.Ready, default);
                break;
            case "redriven and taken":
                await EndAsync(SettleAction.Bury);
                await Store.RedriveAsync(Queue, default);
                await EndAsync(SettleAction.Ack);
                break;
            case "expired":
                await PassAsync(2 * Soon);
                break;
            case "broadcast":
                await Store.BroadcastAsync(Queue, new BroadcastRequest(null, 100, 1), default);
                break;
            default:
                await Store.DeleteQueueAsync(Queue, default);
                break;
        }

        async Task EndAsync(SettleAction action) => await Store.SettleAsync(
            Queue, [.. (await LeaseAsync(50)).Select(message => new Settlement(message.Receipt, action) { Reason = "a reason" })], default);
    }

    /// <summary>A clock whose wall time can be set while no time passes.</summary>
    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Utc { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Utc;

        public override long GetTimestamp() => 0;
    }
}
