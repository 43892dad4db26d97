using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RestMq.Memory;
using RestMq.Telemetry;

namespace RestMq.Stores;

/// <summary>Verifies when an empty queue of the memory store disappears, and what stays of it.</summary>
public sealed class IdleQueueTests : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private readonly FakeTimeProvider _time = new();
    private readonly Meters _meters = new();
    private readonly QueueName _queue = QueueName.Parse("test");
    private readonly MemoryQueueStore _store;

    public IdleQueueTests() => _store = NewStore();

    public void Dispose() => _meters.Dispose();

    [Fact]
    public async Task Drop_DrainedQueue_IsListedUntilItsLifetimeIsOver()
    {
        await AddAndTakeAsync(_queue);

        await PassAsync(Lifetime - TimeSpan.FromSeconds(10));
        (await ListAsync()).Should().Equal(_queue);
        await PassAsync(Lifetime);
        (await ListAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Drop_QueueMadeAgain_ContinuesItsIdsAndSequences()
    {
        var old = await AddAndTakeAsync(_queue);
        await _store.AddAsync(_queue, [Message()], default);
        await _store.BroadcastAsync(_queue, new BroadcastRequest(null, 1, 1), default);
        await PassAsync(StoreLimits.HistoryLife + (2 * Lifetime));
        (await ListAsync()).Should().BeEmpty();
        (await _store.BroadcastAsync(_queue, new BroadcastRequest(null, 0, 0), default)).Last.Should().Be(1);

        (await _store.AddAsync(_queue, [Message()], default)).Single().Key.Id.Should().Be(3);

        (await _store.SettleAsync(_queue, [new Settlement(old.Receipt, SettleAction.Ack)], default)).Should().Equal(SettleResult.Unknown);
        (await _store.BroadcastAsync(_queue, new BroadcastRequest(null, 1, 1), default)).Last.Should().Be(2);
    }

    [Theory]
    [InlineData("a message"), InlineData("a message in flight"), InlineData("a delayed message"), InlineData("a dead letter"), InlineData("a setting")]
    [InlineData("a history"), InlineData("an idempotency key")]
    public async Task Drop_QueueThatHoldsSomething_Stays(string what)
    {
        var store = NewStore(options => options.IdempotencyWindow = TimeSpan.FromMinutes(50));
        var message = Message() with
        {
            Delay = what == "a delayed message" ? TimeSpan.FromHours(2) : TimeSpan.Zero,
            IdempotencyKey = what == "an idempotency key" ? "once" : null,
        };
        if (what == "a setting") await store.ConfigureAsync(_queue, new QueueSettingsChange { MaxReceives = 3 }, default);
        await store.AddAsync(_queue, [message], default);
        if (what is not ("a message" or "a delayed message" or "a history"))
        {
            var taken = (await store.LeaseAsync(_queue, [new LeaseRequest(1, TimeSpan.FromHours(2))], default)).Messages.Single();
            if (what != "a message in flight")
                await store.SettleAsync(_queue, [new Settlement(taken.Receipt, what == "a dead letter" ? SettleAction.Bury : SettleAction.Ack)], default);
        }
        if (what == "a history") await store.BroadcastAsync(_queue, new BroadcastRequest(null, 1, 1), default);

        await PassAsync(TimeSpan.FromMinutes(45), store);

        (await store.ListAsync(null, 10, default)).Should().Equal(_queue);
    }

    [Fact]
    public async Task Drop_QueueInUse_Stays()
    {
        for (var n = 0; n < 20; n++)
        {
            await AddAndTakeAsync(_queue);
            await PassAsync(Lifetime / 2);
        }
        (await ListAsync()).Should().Equal(_queue);
        (await _store.StatsAsync(_queue, default)).TotalAdded.Should().Be(20, "it is still the same queue");
    }

    [Fact]
    public async Task AnyRead_NeverSeenQueue_LeavesNothing()
    {
        var before = await UsedAsync();
        await _store.LeaseAsync(_queue, [new LeaseRequest(1, Lifetime)], default);
        await _store.PeekHeadAsync(_queue, default);
        await _store.StatsAsync(_queue, default);
        await _store.BrowseAsync(_queue, MessageState.Ready, 10, default);
        await _store.SettleAsync(_queue, [new Settlement(new Receipt(new MessageKey(_queue, 1), 1), SettleAction.Ack)], default);
        await _store.BroadcastAsync(_queue, new BroadcastRequest(0, 1, 1), default);
        await _store.ConfigureAsync(_queue, new QueueSettingsChange(), default);
        await _store.PurgeAsync(_queue, MessageState.Ready, default);
        await _store.DeleteQueueAsync(_queue, default);
        await (await _store.ListenAsync(_queue, _ => { }, default)).DisposeAsync();

        (await ListAsync()).Should().BeEmpty();
        (await UsedAsync()).Should().Be(before);
    }

    [Fact]
    public async Task Drop_MoreQueuesThanCountersMayTake_NeverAssignsAnIdAgain()
    {
        const int Queues = 20_000;
        var store = NewStore(options => options.MaxMemoryBytes = 8 * 1024 * 1024);
        for (var n = 0; n < Queues; n++)
        {
            var name = QueueName.Parse($"q{n}");
            for (var messages = 0; messages <= n % 7; messages++) await store.AddAsync(name, [Message()], default);
            await store.DeleteQueueAsync(name, default);
        }
        ((long)(await store.CheckAsync(default)).Facts["memory_used"]).Should().BeLessThan(1024 * 1024);

        for (var n = 0; n < Queues; n += 97)
            (await store.AddAsync(QueueName.Parse($"q{n}"), [Message()], default)).Single().Key.Id.Should().BeGreaterThan((n % 7) + 1);
    }

    [Fact]
    public async Task Create_MoreQueuesThanAllowed_ThrowsUntilOneIsDeleted()
    {
        var store = NewStore(options => options.MaxQueues = 3);
        for (var n = 0; n < 3; n++) await store.AddAsync(QueueName.Parse($"q{n}"), [Message()], default);

        Func<Task>[] creations =
        [
            () => store.AddAsync(_queue, [Message()], default).AsTask(),
            () => store.ConfigureAsync(_queue, new QueueSettingsChange { MaxReceives = 3 }, default).AsTask(),
        ];
        foreach (var creation in creations) await creation.Should().ThrowAsync<RestMqFullException>().WithMessage("*at most 3*");
        await store.AddAsync(QueueName.Parse("q1"), [Message()], default);

        await store.DeleteQueueAsync(QueueName.Parse("q0"), default);
        await creations[0]();
    }

    private MemoryQueueStore NewStore(Action<RestMqOptions>? configure = null)
    {
        var options = new RestMqOptions { EmptyQueueLifetime = Lifetime };
        configure?.Invoke(options);
        return new MemoryQueueStore(_time, Options.Create(options), new QueueMetrics(Options.Create(options), _meters));
    }

    private static NewMessage Message() => new(MessageBody.FromText("a message"));

    private async Task<QueueMessage> AddAndTakeAsync(QueueName queue)
    {
        await _store.AddAsync(queue, [Message()], default);
        var taken = (await _store.LeaseAsync(queue, [new LeaseRequest(1, Lifetime)], default)).Messages.Single();
        await _store.SettleAsync(queue, [new Settlement(taken.Receipt, SettleAction.Ack)], default);
        return taken;
    }

    private Task PassAsync(TimeSpan time) => PassAsync(time, _store);

    // The engine calls the store every 5 seconds.
    private Task PassAsync(TimeSpan time, IQueueStore store)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(5))
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            store.DropIdleQueues();
        }
        return Task.CompletedTask;
    }

    private async Task<IReadOnlyList<QueueName>> ListAsync() => await _store.ListAsync(null, 10, default);

    private async Task<long> UsedAsync() => (long)(await _store.CheckAsync(default)).Facts["memory_used"];
}
