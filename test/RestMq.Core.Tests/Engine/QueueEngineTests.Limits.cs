using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>Verifies that a call beyond a limit throws <see cref="ArgumentException"/> and changes nothing.</summary>
public abstract partial class QueueEngineTests
{
    private static readonly RestMqOptions Limits = new();

    private static readonly NewMessage Largest = new(MessageBody.FromBytes(new byte[Limits.MaxMessageBytes]));

    public static TheoryData<string> Excesses => [.. Calls.Keys];

    // Each call is invalid in one way. Where that is a limit, the call exceeds it by the smallest amount.
    private static readonly Dictionary<string, Func<QueueEngine, QueueName, Task>> Calls = new()
    {
        ["a message too large"] = (e, q) => Add(e, q, new NewMessage(MessageBody.FromBytes(new byte[Limits.MaxMessageBytes + 1]))),
        ["a message too large among others"] = (e, q) =>
            Do(e.AddAsync(q, [Message(), new NewMessage(MessageBody.FromBytes(new byte[Limits.MaxMessageBytes + 1]))])),
        ["too many messages"] = (e, q) => Do(e.AddAsync(q, Messages(Limits.MaxBatch + 1))),
        ["messages too large together"] = (e, q) => Do(e.AddAsync(q, [.. Enumerable.Repeat(Largest, Limits.MaxBatchBytes / Limits.MaxMessageBytes), Message("x")])),
        ["a delay below zero"] = (e, q) => Add(e, q, Message(delay: TimeSpan.FromTicks(-1))),
        ["a delay too long"] = (e, q) => Add(e, q, Message(delay: Limits.MaxDelay + TimeSpan.FromTicks(1))),
        ["no time to live"] = (e, q) => Add(e, q, Message() with { TimeToLive = TimeSpan.Zero }),
        ["a time to live too long"] = (e, q) => Add(e, q, Message() with { TimeToLive = Limits.MaxTimeToLive + TimeSpan.FromTicks(1) }),
        ["an empty idempotency key"] = (e, q) => Add(e, q, Message() with { IdempotencyKey = "" }),
        ["an idempotency key too long"] = (e, q) => Add(e, q, Message() with { IdempotencyKey = new string('k', 201) }),
        ["no such durability"] = (e, q) => Add(e, q, Message() with { Durability = (Durability)2 }),
        ["no such durability among others"] = (e, q) => Do(e.AddAsync(q, [Message(), Message() with { Durability = (Durability)(-1) }])),
        ["no such setting of durability"] = (e, q) => Configure(e, q, new QueueSettingsChange { Durability = (Durability)2 }),
        ["no queue"] = (e, _) => Do(e.LeaseAsync([], 1, Long, TimeSpan.Zero)),
        ["no messages wanted"] = (e, q) => Do(e.LeaseAsync([q], 0, Long, TimeSpan.Zero)),
        ["too many messages wanted"] = (e, q) => Do(e.LeaseAsync([q], Limits.MaxBatch + 1, Long, TimeSpan.Zero)),
        ["no lease"] = (e, q) => Do(e.LeaseAsync([q], 1, TimeSpan.Zero, TimeSpan.Zero)),
        ["a lease too long"] = (e, q) => Do(e.LeaseAsync([q], 1, Limits.MaxLease + TimeSpan.FromTicks(1), TimeSpan.Zero)),
        ["a wait below zero"] = (e, q) => Do(e.LeaseAsync([q], 1, Long, TimeSpan.FromTicks(-1))),
        ["a wait too long"] = (e, q) => Do(e.LeaseAsync([q], 1, Long, Limits.MaxWait + TimeSpan.FromTicks(1))),
        ["no settlements"] = (e, q) => Do(e.SettleAsync(q, [])),
        ["a settlement of another queue"] = (e, q) => Do(e.SettleAsync(q, [new Settlement(Held(QueueName.Parse("another")), SettleAction.Ack)])),
        ["no such settlement"] = (e, q) => Settle(e, q, (SettleAction)5, TimeSpan.Zero),
        ["no such settlement among others"] = (e, q) => Do(e.SettleAsync(q, [new Settlement(Held(q), SettleAction.Ack), new Settlement(Held(q), (SettleAction)(-1))])),
        ["an extension too long"] = (e, q) => Settle(e, q, SettleAction.Extend, Limits.MaxLease + TimeSpan.FromTicks(1)),
        ["a release delay too long"] =
            (e, q) => Settle(e, q, SettleAction.Release, Limits.MaxDelay + TimeSpan.FromTicks(1)),
        ["a release delay below zero"] = (e, q) => Settle(e, q, SettleAction.Release, TimeSpan.FromTicks(-1)),
        ["a resume position below zero"] = (e, q) => Subscribe(e, q, new LiveConsumerOptions { ResumeAfter = -1 }),
        ["a stream's lease of no time"] = (e, q) => Subscribe(e, q, new LiveConsumerOptions { Lease = TimeSpan.Zero }),
        ["a stream's lease too long"] = (e, q) => Subscribe(e, q, new LiveConsumerOptions { Lease = Limits.MaxLease + TimeSpan.FromTicks(1) }),
        ["a prefetch of nothing"] = (e, q) => Subscribe(e, q, new LiveConsumerOptions { Lease = Long, Prefetch = 0 }),
        ["a prefetch too large"] = (e, q) => Subscribe(e, q, new LiveConsumerOptions { Lease = Long, Prefetch = Limits.MaxBatch + 1 }),
        ["no messages to see"] = (e, q) => Do(e.BrowseAsync(q, MessageState.Ready, 0)),
        ["too many messages to see"] = (e, q) => Do(e.BrowseAsync(q, MessageState.Ready, Limits.MaxBatch + 1)),
        ["no deliveries allowed"] = (e, q) => Configure(e, q, new QueueSettingsChange { MaxReceives = 0 }),
        ["too many deliveries allowed"] = (e, q) => Configure(e, q, new QueueSettingsChange { MaxReceives = 1001 }),
        ["a length below zero"] = (e, q) => Configure(e, q, new QueueSettingsChange { MaxLength = -1 }),
        ["a queue's time to live below zero"] =
            (e, q) => Configure(e, q, new QueueSettingsChange { TimeToLive = TimeSpan.FromTicks(-1) }),
        ["a queue's time to live too long"] =
            (e, q) => Configure(
                e, q, new QueueSettingsChange { TimeToLive = Limits.MaxTimeToLive + TimeSpan.FromTicks(1) }),
        ["a history below zero"] = (e, q) => Configure(e, q, new QueueSettingsChange { History = -1 }),
        ["a history too long"] = (e, q) => Configure(e, q, new QueueSettingsChange { History = 100_001 }),
    };

    [Theory, MemberData(nameof(Excesses))]
    public async Task Limits_Exceeded_ThrowsAndChangesNothing(string excess)
    {
        await FluentActions.Awaiting(() => Within(Calls[excess](Engine, Queue))).Should().ThrowAsync<ArgumentException>();

        (await Engine.ListAllAsync().ToListAsync()).Should().NotContain(Queue);
    }

    [Fact]
    public async Task Limits_ExactlyMet_AreAccepted()
    {
        var large = new NewMessage(MessageBody.FromBytes(new byte[Limits.MaxMessageBytes]))
        {
            Delay = Limits.MaxDelay, TimeToLive = Limits.MaxTimeToLive, IdempotencyKey = new string('k', 200),
        };
        await Engine.AddAsync(Queue, large);
        (await Engine.AddAsync(Queue, Messages(Limits.MaxBatch))).Should().HaveCount(Limits.MaxBatch);
        (await Engine.AddAsync(Queue, [])).Should().BeEmpty();

        var all = await Engine.LeaseAsync([Queue], Limits.MaxBatch, Limits.MaxLease, Limits.MaxWait);

        all.Select(message => message.Key.Id).Should().Equal(Enumerable.Range(2, Limits.MaxBatch).Select(id => (long)id));
        (await Engine.SettleAsync(Queue, [.. all.Select(message => new Settlement(message.Receipt, SettleAction.Ack))]))
            .Should().OnlyContain(result => result == SettleResult.Done);
    }

    [Fact]
    public async Task AddBatch_ExactlyMaxBatchBytes_IsAccepted()
    {
        var most = Limits.MaxBatchBytes / Limits.MaxMessageBytes;
        (await Engine.AddAsync(Queue, [.. Enumerable.Repeat(Largest, most)])).Should().HaveCount(most).And.OnlyContain(result => result.Status == AddStatus.Added);
    }

    [Fact]
    public async Task Settle_InvalidActionAmongConcurrentCalls_FailsOnlyItsCaller()
    {
        await Engine.AddAsync(Queue, Messages(100));
        var held = await Engine.LeaseAsync([Queue], 100, Long, TimeSpan.Zero);

        var good = new List<Task<SettleResult>>();
        var bad = new List<Task>();
        foreach (var message in held)
        {
            good.Add(Engine.SettleAsync(new Settlement(message.Receipt, SettleAction.Ack)).AsTask());
            bad.Add(FluentActions.Awaiting(() => Within(Settle(Engine, Queue, (SettleAction)5, TimeSpan.Zero))).Should().ThrowAsync<ArgumentException>());
        }

        await Task.WhenAll(bad);
        (await Within(Task.WhenAll(good))).Should().OnlyContain(result => result == SettleResult.Done);
    }

    [Fact]
    public async Task Subscribe_WithoutLease_IgnoresPrefetch()
    {
        var engine = TestHosts.NewHost(options => options.MaxBatch = 5).Engine;
        await using var plain = await engine.SubscribeAsync(Queue, new LiveConsumerOptions());
        plain.Should().NotBeNull();
        await FluentActions.Awaiting(() => Subscribe(engine, Queue, new LiveConsumerOptions { Lease = Long })).Should().ThrowAsync<ArgumentException>();
    }

    private static Receipt Held(QueueName queue) => new(new MessageKey(queue, 1), 1);

    private static Task Add(QueueEngine engine, QueueName queue, NewMessage message) => Do(engine.AddAsync(queue, message));

    private static Task Settle(QueueEngine engine, QueueName queue, SettleAction action, TimeSpan time) =>
        Do(engine.SettleAsync(new Settlement(Held(queue), action) { Time = time }));

    private static Task Configure(QueueEngine engine, QueueName queue, QueueSettingsChange change) => Do(engine.ConfigureAsync(queue, change));

    private static Task Subscribe(QueueEngine engine, QueueName queue, LiveConsumerOptions options) => Do(engine.SubscribeAsync(queue, options));

    private static Task Do<T>(ValueTask<T> call) => call.AsTask();
}
