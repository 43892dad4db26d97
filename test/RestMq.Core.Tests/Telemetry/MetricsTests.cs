using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using RestMq.Hosts;
using RestMq.Delivery;
using static RestMq.Deadline;

namespace RestMq.Telemetry;

/// <summary>Verifies the metrics of an engine on the memory store.</summary>
public sealed class MetricsTests : IAsyncLifetime
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    private readonly MemoryTestHosts _hosts = new();
    private readonly QueueName _queue = TestHosts.NextQueue();

    private Meters Meters => _hosts.Meters;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _hosts.DisposeAsync();

    [Fact]
    public async Task Metrics_AddsTakesAndSettlements_AreCountedAndTimed()
    {
        Meters.Listen();
        var engine = _hosts.NewHost().Engine;

        await engine.AddAsync(_queue, Message("one") with { IdempotencyKey = "once" });
        await engine.AddAsync(_queue, Message("one") with { IdempotencyKey = "once" });
        await engine.AddAsync(_queue, [Message("two"), Message("three"), Message("four")]);
        var leased = await engine.LeaseAsync([_queue], 3, Lease, TimeSpan.Zero);
        await engine.SettleAsync(_queue, [.. leased.Take(2).Select(message => new Settlement(message.Receipt, SettleAction.Ack))]);
        await engine.SettleAsync(new Settlement(leased[2].Receipt, SettleAction.Bury));
        await engine.SettleAsync(new Settlement(leased[2].Receipt, SettleAction.Release));
        await engine.TakeAsync(_queue);
        await engine.TakeAsync(_queue);

        Meters["messaging.client.sent.messages messaging.operation.name=send"]
            .Should().Be(4, "a duplicate is not counted as sent");
        Meters["messaging.client.consumed.messages messaging.operation.name=receive"].Should().Be(4);
        Meters["restmq.settled.messages restmq.settle=ack"].Should().Be(3);
        Meters["restmq.settled.messages restmq.settle=bury"].Should().Be(1);
        Meters["restmq.settled.messages restmq.settle=release"].Should().Be(0, "a stale receipt settles nothing");
        Meters["messaging.client.operation.duration messaging.operation.name=send"].Should().Be(3);
        Meters["messaging.client.operation.duration messaging.operation.name=receive"].Should().Be(3);
        Meters["messaging.client.operation.duration messaging.operation.name=settle"].Should().Be(4);
    }

    [Fact]
    public async Task Metrics_ExpiredAndBuriedMessages_AreCountedByReason()
    {
        Meters.Listen();
        var engine = _hosts.NewHost().Engine;
        await engine.ConfigureAsync(_queue, new QueueSettingsChange { MaxReceives = 1 });
        await engine.AddAsync(_queue, [Message("one"), Message("two"), Message("three"), Message("dies") with { TimeToLive = _hosts.Soon }]);
        var leased = await engine.LeaseAsync([_queue], 3, Lease, TimeSpan.Zero);
        await engine.SettleAsync(new Settlement(leased[0].Receipt, SettleAction.Bury));
        await engine.SettleAsync(new Settlement(leased[1].Receipt, SettleAction.Release));
        await _hosts.PassAsync(2 * Lease);
        await engine.StatsAsync(_queue);

        Meters["restmq.buried.messages restmq.reason=caller"].Should().Be(1);
        Meters["restmq.buried.messages restmq.reason=max_receives"].Should().Be(2);
        Meters["restmq.expired.messages"].Should().Be(1);
    }

    [Fact]
    public async Task Metrics_MetricsByQueue_TagsTheQueueOnlyWhenEnabled()
    {
        Meters.Listen();
        await _hosts.NewHost().Engine.AddAsync(_queue, Message("x"));
        await _hosts.NewHost(options => options.MetricsByQueue = true).Engine.AddAsync(_queue, Message("x"));

        Meters["messaging.client.sent.messages messaging.operation.name=send"].Should().Be(1);
        Meters[$"messaging.client.sent.messages messaging.operation.name=send messaging.destination.name={_queue}"].Should().Be(1);
    }

    [Fact]
    public async Task Metrics_StoreUnavailable_IsCounted()
    {
        Meters.Listen();
        var host = _hosts.NewHost();
        host.Store.IsUnavailable = true;

        await host.Engine.Awaiting(engine => engine.AddAsync(_queue, Message("x")).AsTask()).Should().ThrowAsync<RestMqUnavailableException>();

        Meters["restmq.store.away"].Should().Be(1);
        Meters["messaging.client.operation.duration messaging.operation.name=send error.type=unavailable"].Should().Be(1);
    }

    [Fact]
    public async Task Metrics_LiveConsumers_AreCountedWithTheirDeliveries()
    {
        Meters.Listen();
        var engine = _hosts.NewHost().Engine;
        await using (var listener = await ListenAsync(engine))
        {
            await engine.AddAsync(_queue, [Message("one"), Message("two")]);
            await listener.IdsAsync(2);

            Meters["restmq.live.consumers"].Should().Be(1);
            Meters["restmq.live.delivered"].Should().Be(2);
        }
        Meters["restmq.live.consumers"].Should().Be(0);
    }

    [Fact]
    public async Task Metrics_ConsumerFallsBehind_IsCountedOnceWithMissedMessages()
    {
        Meters.Listen();
        var engine = _hosts.NewHost(options => options.ConsumerBuffer = 10).Engine;
        await engine.ConfigureAsync(_queue, new QueueSettingsChange { History = 20 });
        await using var slow = await ListenAsync(engine);
        await using var quick = await ListenAsync(engine);

        for (var n = 1; n <= 50; n++)
        {
            await engine.AddAsync(_queue, Message($"{n}"));
            await quick.IdsAsync(1);
        }

        Meters["restmq.live.behind"].Should().Be(1);
        (await engine.StatsAsync(_queue)).Behind.Should().Be(1);
        await slow.ReadAsync(30);
        await Until(async () => (await engine.StatsAsync(_queue)).Behind == 0);
        Meters["restmq.live.missed"].Should().Be(20);
    }

    [Fact]
    public async Task Metrics_GapBeforeNoMessage_CountsMissedMessages()
    {
        Meters.Listen();
        var engine = _hosts.NewHost().Engine;
        await engine.ConfigureAsync(_queue, new QueueSettingsChange { History = 0 });
        await using var quick = await ListenAsync(engine);
        await engine.AddAsync(_queue, [.. Enumerable.Range(1, 5).Select(n => Message($"{n}"))]);
        await quick.IdsAsync(5);

        await using var late = new Listener((await engine.SubscribeAsync(_queue, new LiveConsumerOptions { ResumeAfter = 2 }))!);

        (await late.NextAsync()).Should().Be(new LiveEvent(null, 3));
        await Until(() => Meters["restmq.live.missed"] == 3);
    }

    [Fact]
    public async Task Metrics_AllRoundRobinConsumersFull_IsCountedOnce()
    {
        Meters.Listen();
        var engine = _hosts.NewHost().Engine;
        await engine.ConfigureAsync(_queue, new QueueSettingsChange { Policy = QueuePolicy.RoundRobin });
        await using var slow = await ListenAsync(engine);

        for (var n = 1; n <= 20; n++) await engine.AddAsync(_queue, Message($"{n}"));
        await Until(() => Meters["restmq.live.full"] == 1);
        (await engine.LengthAsync(_queue)).Should().Be(10);

        (await slow.IdsAsync(20)).Should().HaveCount(20);
    }

    [Fact]
    public async Task Metrics_NoListener_MeasuresNothing()
    {
        var engine = _hosts.NewHost().Engine;

        await engine.AddAsync(_queue, Message("x"));

        (await engine.TakeAsync(_queue))!.Body.ToString().Should().Be("x");
        Meters.Names.Should().BeEmpty();
    }

    [Fact]
    public async Task Metrics_ApplicationHasMeterFactory_UsesItsMeter()
    {
        Meters.Listen();
        await using var application = new ServiceCollection().AddLogging().AddSingleton<IMeterFactory>(Meters).AddRestMq().Services.BuildServiceProvider();
        await using var without = new ServiceCollection().AddLogging().AddRestMq().Services.BuildServiceProvider();

        await application.GetRequiredService<IQueueEngine>().AddAsync(_queue, Message("x"));
        await without.GetRequiredService<IQueueEngine>().AddAsync(_queue, Message("x"));

        Meters["messaging.client.sent.messages messaging.operation.name=send"].Should().Be(1);
    }

    private static NewMessage Message(string text) => new(MessageBody.FromText(text));

    private async Task<Listener> ListenAsync(IQueueEngine engine) => new((await engine.SubscribeAsync(_queue, new LiveConsumerOptions()))!);
}
