using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RestMq.Memory;
using RestMq.Telemetry;

namespace RestMq.Stores;

/// <summary>Verifies that the memory store counts what it holds, and refuses what it has no room for.</summary>
public sealed class MemoryBudgetTests : IDisposable
{
    private const int Budget = 4 * 1024 * 1024;

    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private readonly FakeTimeProvider _time = new();
    private readonly Meters _meters = new();
    private readonly QueueName _queue = QueueName.Parse("test");

    public void Dispose() => _meters.Dispose();

    [Theory]
    [InlineData("small bodies"), InlineData("large bodies"), InlineData("ready again"), InlineData("in flight"), InlineData("delayed")]
    [InlineData("to die"), InlineData("idempotent"), InlineData("dead"), InlineData("history"), InlineData("queues"), InlineData("settings")]
    [InlineData("dropped queues"), InlineData("lines of one body"), InlineData("types and traces")]
    public async Task Used_ManyEntries_IsAtLeastTheMemory(string kind)
    {
        var store = NewStore(1024 * 1024 * 1024);
        await FillAsync(NewStore(1024 * 1024 * 1024), kind, 10); // Makes what all stores share.
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await FillAsync(store, kind, 20_000);

        var memory = GC.GetTotalMemory(forceFullCollection: true) - before;
        var used = await UsedAsync(store);
        used.Should().BeGreaterThan((long)(memory * 0.9), "the process needs the memory");
        used.Should().BeLessThan((memory * 3) + 1_000_000, "the budget must be usable");
        GC.KeepAlive(store);
    }

    [Theory]
    [InlineData("small bodies"), InlineData("large bodies"), InlineData("ready again"), InlineData("in flight"), InlineData("delayed")]
    [InlineData("to die"), InlineData("idempotent"), InlineData("dead"), InlineData("history"), InlineData("queues"), InlineData("settings")]
    public async Task Used_AllQueuesDeleted_IsOnlyTheCounters(string kind)
    {
        var store = NewStore(1024 * 1024 * 1024);
        await FillAsync(store, kind, 500);

        var queues = await store.ListAsync(null, 1000, default);
        foreach (var queue in queues) await store.DeleteQueueAsync(queue, default);

        (await UsedAsync(store)).Should().BeInRange(0, queues.Count * 400L);
    }

    [Fact]
    public async Task Add_NoRoom_ThrowsAndEverythingElseWorks()
    {
        var store = NewStore(Budget);
        _meters.Listen();
        await FillUpAsync(store);
        var before = await store.StatsAsync(_queue, default);

        foreach (var queue in new[] { _queue, QueueName.Parse("new") })
            await FluentActions.Awaiting(() => AddAsync(store, queue, new byte[10_000]).AsTask()).Should().ThrowAsync<RestMqFullException>().WithMessage("*4194304*");
        _meters["restmq.limit.reached restmq.limit=memory"].Should().BeGreaterThan(1);
        (await store.ListAsync(null, 10, default)).Should().Equal(_queue);
        (await store.StatsAsync(_queue, default)).Should().BeEquivalentTo(before);

        var taken = (await store.LeaseAsync(_queue, [new LeaseRequest(2, Long)], default)).Messages;
        (await store.SettleAsync(_queue, [new Settlement(taken[0].Receipt, SettleAction.Bury) { Reason = "bad" }, new Settlement(taken[1].Receipt, SettleAction.Ack)], default))
            .Should().OnlyContain(result => result == SettleResult.Done);
        await AddAsync(store, _queue, new byte[5_000]);
        (await store.DeleteQueueAsync(_queue, default)).Should().BeTrue();
        await AddAsync(store, _queue, new byte[1_000_000]);
    }

    [Fact]
    public async Task Add_DuplicateWithoutRoom_IsTheFirstMessage()
    {
        var store = NewStore(Budget);
        var message = new NewMessage(MessageBody.FromBytes(new byte[50_000])) { IdempotencyKey = "once" };
        var first = (await store.AddAsync(_queue, [message], default)).Single();
        await FillUpAsync(store);

        var again = (await store.AddAsync(_queue, [message], default)).Single();

        (again.Status, again.Key).Should().Be((AddStatus.Duplicate, first.Key));
    }

    [Fact]
    public async Task Add_BatchWithoutRoomForAll_AddsNone()
    {
        var store = NewStore(Budget);
        NewMessage[] messages = [.. Enumerable.Range(0, 10).Select(_ => new NewMessage(MessageBody.FromBytes(new byte[Budget / 8])))];

        await FluentActions.Awaiting(() => store.AddAsync(_queue, messages, allOrNothing: true, default).AsTask()).Should().ThrowAsync<RestMqFullException>();

        (await store.ListAsync(null, 10, default)).Should().BeEmpty();
        await store.AddAsync(_queue, messages[..5], allOrNothing: true, default);
    }

    [Fact]
    public async Task Add_NewNamesWithoutEnd_StopsAtTheBudget()
    {
        var store = NewStore(Budget);
        var added = 0;

        var adding = async () =>
        {
            for (; added < 100_000; added++) await AddAsync(store, QueueName.Parse($"q{added}"), [1]);
        };

        await adding.Should().ThrowAsync<RestMqFullException>();
        added.Should().BeInRange(500, 5000);
        await AddAsync(NewStore(Budget), _queue, [1]);
    }

    [Theory]
    [InlineData(0.7, false, false), InlineData(0.85, true, false), InlineData(0.97, true, true)]
    public async Task Check_UsedPart_IsDegradedThenUnhealthy(double part, bool warns, bool fails)
    {
        var store = NewStore(Budget);
        await AddAsync(store, _queue, new byte[(int)(Budget * part)]);

        var report = await store.CheckAsync(default);

        (report.Warnings.Count > 0, report.Failure is not null).Should().Be((warns, fails));
        report.Facts["memory_limit"].Should().Be((long)Budget);
    }

    [Fact]
    public async Task Add_SliceOfALargeBody_KeepsOnlyTheSlice()
    {
        var store = NewStore(Budget);
        var whole = await AddSliceAsync();

        GC.Collect();

        whole.IsAlive.Should().BeFalse();
        (await store.LeaseAsync(_queue, [new LeaseRequest(1, Long)], default)).Messages.Single().Body.Bytes.ToArray().Should().Equal(1, 2, 3);

        async Task<WeakReference> AddSliceAsync()
        {
            var bytes = new byte[100_000];
            bytes.AsSpan()[..3].Fill(0);
            (bytes[0], bytes[1], bytes[2]) = (1, 2, 3);
            await store.AddAsync(_queue, [new NewMessage(MessageBody.FromBytes(bytes.AsMemory(0, 3)))], default);
            return new WeakReference(bytes);
        }
    }

    private MemoryQueueStore NewStore(long budget)
    {
        var options = Options.Create(new RestMqOptions { MaxMemoryBytes = budget });
        return new MemoryQueueStore(_time, options, new QueueMetrics(options, _meters));
    }

    private static async Task<long> UsedAsync(IQueueStore store) => (long)(await store.CheckAsync(default)).Facts["memory_used"];

    private static ValueTask<AddResult[]> AddAsync(IQueueStore store, QueueName queue, byte[] body) =>
        store.AddAsync(queue, [new NewMessage(MessageBody.FromBytes(body))], default);

    private async Task FillUpAsync(IQueueStore store)
    {
        foreach (var size in new[] { 100_000, 5_000, 100 })
        {
            try
            {
                while (true) await AddAsync(store, _queue, new byte[size]);
            }
            catch (RestMqFullException)
            {
                // Goes on with smaller messages.
            }
        }
    }

    private async Task FillAsync(IQueueStore store, string kind, int count)
    {
        if (kind == "history") await store.ConfigureAsync(_queue, new QueueSettingsChange { History = 100_000 }, default);
        if (kind == "lines of one body")
        {
            var lines = new byte[count * 20];
            for (var n = 0; n < count; n++) await store.AddAsync(_queue, [new NewMessage(MessageBody.FromBytes(lines.AsMemory(n * 20, 20)))], default);
            return;
        }
        for (var n = 0; n < count; n++)
        {
            if (kind is "queues" or "dropped queues" or "settings")
            {
                var name = QueueName.Parse($"a-queue-with-number-{n}");
                if (kind == "settings") await store.ConfigureAsync(name, new QueueSettingsChange { MaxReceives = 3 }, default);
                else await AddAsync(store, name, [1]);
                if (kind == "dropped queues") await store.DeleteQueueAsync(name, default);
                continue;
            }
            await store.AddAsync(_queue, [new NewMessage(MessageBody.FromBytes(new byte[kind == "large bodies" ? 2000 : 10], kind == "types and traces" ? $"image/number-{n}" : null))
            {
                Delay = kind == "delayed" ? Long : TimeSpan.Zero,
                TimeToLive = kind == "to die" ? Long : null,
                IdempotencyKey = kind == "idempotent" ? $"an-id-with-number-{n}" : null,
                TraceParent = kind == "types and traces" ? $"00-0af7651916cd43dd8448eb211c{n:d6}-b7ad6b7169203331-01" : null,
                TraceState = kind == "types and traces" ? $"vendor={n}" : null,
            }], default);
        }
        if (kind is "in flight" or "dead" or "ready again")
        {
            for (var left = count; left > 0;)
            {
                var messages = (await store.LeaseAsync(_queue, [new LeaseRequest(1000, Long)], default)).Messages;
                left -= messages.Count;
                if (kind == "in flight") continue;
                await store.SettleAsync(_queue, [.. messages.Select(message => new Settlement(message.Receipt, kind == "dead" ? SettleAction.Bury : SettleAction.Release) { Reason = $"reason {message.Key}" })], default);
                if (kind == "ready again") break; // Some of the messages: the next lease would get the same again.
            }
        }
        if (kind == "history")
        {
            for (long last = 0; last < count;) last = (await store.BroadcastAsync(_queue, new BroadcastRequest(null, 1000, 0), default)).Last;
        }
    }
}
