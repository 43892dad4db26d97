using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RestMq.Delivery;
using RestMq.Engine;
using RestMq.Telemetry;
using static RestMq.Deadline;

namespace RestMq.Redis;

/// <summary>
/// Verifies adds that wait for replicas, on a real primary and a real replica that can be suspended. The timeout is
/// long, except in tests of the timeout.
/// </summary>
public sealed partial class ReplicationTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1.5);

    private readonly QueueName _queue = QueueName.Parse("replicated");
    private readonly List<IAsyncDisposable> _made = [];
    private ReplicatedServers _servers = null!;

    public async Task InitializeAsync() => _servers = await ReplicatedServers.StartAsync();

    public async Task DisposeAsync()
    {
        _made.Reverse();
        foreach (var one in _made) await one.DisposeAsync();
        await _servers.DisposeAsync();
    }

    [Fact]
    public async Task Wait_AfterAnyCommand_CoversTheWritesOfOtherConnections()
    {
        // All other tests rely on this: after any command on a connection, WAIT on that connection also covers the
        // earlier writes of other connections.
        await using var other = await ReplicatedServers.ConnectAsync(_servers.Primary);
        var waits = other.GetServers().Single();
        await waits.PingAsync();
        await _servers.Replica.PauseAsync();
        await _servers.PrimaryCommands.Multiplexer.GetDatabase().StringSetAsync("written", "elsewhere");

        await waits.PingAsync();
        ((long)await waits.ExecuteAsync("WAIT", 1, 300)).Should().Be(0, "the replica is suspended");

        var waiting = waits.ExecuteAsync("WAIT", 1, 15_000);
        await _servers.Replica.ResumeAsync();
        ((long)await Within(waiting)).Should().Be(1);
    }

    [Fact]
    public async Task Add_ReplicaUp_IsReplicatedBeforeTheReply()
    {
        var engine = NewEngine(Long);
        var added = await engine.AddAsync(_queue, Message("kept"));
        added.Status.Should().Be(AddStatus.Added);

        await _servers.Primary.KillAsync();
        await using (var replica = await ReplicatedServers.ConnectAsync(_servers.Replica)) await replica.GetServers().Single().ExecuteAsync("REPLICAOF", "NO", "ONE");
        var taken = await NewEngine(Long, _servers.Replica).TakeAsync(_queue);
        (taken?.Key, taken?.Body.ToString()).Should().Be((added.Key, "kept"));
        await _servers.Primary.StartAsync(); // The cleanup needs a running server.
    }

    [Fact]
    public async Task Add_ReplicaStopped_FailsInTimeAndMessageMayExist()
    {
        var engine = NewEngine(Short);
        await engine.AddAsync(_queue, Message("first")); // Establishes both connections.
        await _servers.Replica.PauseAsync();

        var start = Stopwatch.GetTimestamp();
        var failure = await FailureOf(engine.AddAsync(_queue, Message("second", "mine")));
        Stopwatch.GetElapsedTime(start).Should().BeGreaterThanOrEqualTo(Short - TimeSpan.FromMilliseconds(20)).And.BeLessThan(Short + TimeSpan.FromSeconds(2));
        failure.Message.Should().Contain("may exist").And.Contain("idempotency key").And.Contain("1.5 s");

        await FailureOf(
            engine.AddAsync(_queue, Message("second", "mine")), "a duplicate is no more replicated than the first add");
        await _servers.Replica.ResumeAsync();
        await _servers.LinkedAsync();
        var again = await engine.AddAsync(_queue, Message("second", "mine"));
        again.Status.Should().Be(AddStatus.Duplicate);
        (await engine.LengthAsync(_queue)).Should().Be(2);
        (await engine.PeekAsync(again.Key))!.Message.Body.ToString().Should().Be("second");
    }

    [Fact]
    public async Task Add_NoReplica_FailsInTime()
    {
        await _servers.Replica.KillAsync();
        var engine = NewEngine(Short);
        var start = Stopwatch.GetTimestamp();
        await FailureOf(engine.AddAsync(_queue, Message()));
        Stopwatch.GetElapsedTime(start).Should().BeLessThan(Short + TimeSpan.FromSeconds(2));
        (await engine.LengthAsync(_queue)).Should().Be(1);
        await _servers.Replica.StartAsync();
    }

    [Fact]
    public async Task Add_FewerReplicasThanAskedFor_Fails() =>
        (await FailureOf(NewEngine(Short, replicas: 2).AddAsync(_queue, Message()))).Message.Should().Contain("2 replicas");

    [Fact]
    public async Task OtherCalls_WhileAnAddWaitsForReplicas_DoNotWait()
    {
        var engine = NewEngine(Long);
        await engine.AddAsync(_queue, Message());
        await _servers.Replica.PauseAsync();
        var waiting = engine.AddAsync(_queue, Message("waits")).AsTask();
        await _servers.BlockedAsync();
        var second = engine.AddAsync(_queue, Message("waits for the next round")).AsTask();
        await Until(async () => await engine.LengthAsync(_queue) == 3);

        // All other calls succeed on the same queue and the same connections.
        (await engine.AddAsync(_queue, new NewMessage(MessageBody.FromText("plain")))).Status.Should().Be(AddStatus.Added);
        (await engine.AddAsync(_queue, [new NewMessage(MessageBody.FromText("batch"))])).Should().ContainSingle();
        var leased = await engine.LeaseAsync([_queue], 1, TimeSpan.FromMinutes(1), TimeSpan.Zero);
        (await engine.SettleAsync(new Settlement(leased[0].Receipt, SettleAction.Ack))).Should().Be(SettleResult.Done);
        (await engine.TakeAsync(_queue))!.Body.ToString()
            .Should().Be("waits", "the message is in the store before its add is answered");
        (await engine.AddAsync(QueueName.Parse("other"), new NewMessage(MessageBody.FromText("plain")))).Status.Should().Be(AddStatus.Added);
        (waiting.IsCompleted, second.IsCompleted).Should().Be((false, false));

        await _servers.Replica.ResumeAsync();
        (await Within(waiting)).Status.Should().Be(AddStatus.Added);
        (await Within(second)).Status.Should().Be(AddStatus.Added);
    }

    [Fact]
    public async Task Adds_OfManyQueues_ShareOneWait()
    {
        var engine = NewEngine(Long);
        await engine.AddAsync(_queue, Message());
        await _servers.Replica.PauseAsync();
        var first = engine.AddAsync(_queue, Message()).AsTask();
        await _servers.BlockedAsync();
        var before = await _servers.WaitsAsync();

        var queues = Enumerable.Range(0, 50).Select(n => QueueName.Parse($"many-{n}")).ToArray();
        var more = queues.Select(queue => engine.AddAsync(queue, Message()).AsTask()).ToArray();
        foreach (var queue in queues) await Until(async () => await engine.LengthAsync(queue) == 1);
        await _servers.Replica.ResumeAsync();
        await Within(Task.WhenAll([first, .. more]));

        // The WAIT in progress is counted when it ends. The later adds cannot join it, so they share one more.
        (await _servers.WaitsAsync() - before).Should().BeInRange(1, 3);
    }

    [Fact]
    public async Task Durability_QueueSetting_AppliesToMessagesWithoutOne()
    {
        var engine = NewEngine(Short);
        var set = await engine.ConfigureAsync(_queue, new QueueSettingsChange { Durability = Durability.Replicated });
        set.Durability.Should().Be(Durability.Replicated);
        (await engine.GetSettingsAsync(_queue)).Should().Be(new QueueSettings { Durability = Durability.Replicated });
        (await engine.StatsAsync(_queue)).Settings.Durability.Should().Be(Durability.Replicated);
        (await engine.AddAsync(_queue, Plain())).Should().Be(new AddResult(AddStatus.Added, new MessageKey(_queue, 1)));

        await _servers.Replica.PauseAsync();
        await FailureOf(engine.AddAsync(_queue, Plain()));
        await FailureOf(engine.AddAsync(_queue, [Plain()]));
        (await engine.AddAsync(_queue, Plain() with { Durability = Durability.Stored })).Status.Should().Be(AddStatus.Added);
        (await engine.ConfigureAsync(_queue, new QueueSettingsChange { Durability = Durability.Stored })).Durability.Should().Be(Durability.Stored);
        (await engine.AddAsync(_queue, Plain())).Status.Should().Be(AddStatus.Added);
        (await engine.LengthAsync(_queue)).Should().Be(5);

        static NewMessage Plain() => new(MessageBody.FromText("says nothing"));
    }

    [Fact]
    public async Task AddBatch_WithOneReplicated_WaitsAsAWhole()
    {
        var engine = NewEngine(Short);
        NewMessage[] batch = [new(MessageBody.FromText("plain")), Message("replicated", "b/2")];
        (await engine.AddAsync(_queue, batch)).Should().Equal(
            new AddResult(AddStatus.Added, new MessageKey(_queue, 1)), new AddResult(AddStatus.Added, new MessageKey(_queue, 2)));

        await _servers.Replica.PauseAsync();
        await FailureOf(engine.AddAsync(_queue, [batch[0], Message("new", "b/3")]));
        (await engine.LengthAsync(_queue)).Should().Be(4);
        (await engine.AddAsync(_queue, [batch[0]])).Should().ContainSingle("the batch asks for no replication");
    }

    [Fact]
    public async Task Add_FullQueue_DoesNotWaitForReplicas()
    {
        var engine = NewEngine(Long);
        await engine.ConfigureAsync(_queue, new QueueSettingsChange { MaxLength = 1 });
        await engine.AddAsync(_queue, Message("one", "first"));
        await _servers.Replica.PauseAsync();
        (await Within(engine.AddAsync(_queue, Message("two")))).Status.Should().Be(AddStatus.Full);
        (await Within(engine.AddAsync(_queue, [Message("two")]))).Single().Status.Should().Be(AddStatus.Full);
        await FailureOf(
            NewEngine(Short).AddAsync(_queue, [Message("one", "first")]), "a duplicate waits even on a full queue");
    }

    private static NewMessage Message(string text = "a message", string? id = null) =>
        new(MessageBody.FromText(text)) { IdempotencyKey = id, Durability = Durability.Replicated };

    private static async Task<RestMqNotReplicatedException> FailureOf<T>(ValueTask<T> add, string because = "") =>
        (await FluentActions.Awaiting(() => Within(add)).Should().ThrowAsync<RestMqNotReplicatedException>(because)).Which;

    private QueueEngine NewEngine(TimeSpan timeout, RedisFixture? server = null, int replicas = 1) =>
        NewEngine(new RedisStoreOptions { Configuration = (server ?? _servers.Primary).Patient, Replicas = replicas, ReplicationTimeout = timeout });

    private QueueEngine NewEngine(RedisStoreOptions where)
    {
        var options = Options.Create(new RestMqOptions());
        var metrics = new QueueMetrics(options);
        var store = new RedisQueueStore(where, options.Value.IdempotencyWindow, NullLogger<RedisQueueStore>.Instance, metrics);
        var engine = new QueueEngine(
            store, new DeliveryPolicies([new BroadcastPolicy(), new RoundRobinPolicy(options)]), options, TimeProvider.System, NullLogger<QueueEngine>.Instance, metrics);
        _made.AddRange([store, engine]);
        return engine;
    }
}
