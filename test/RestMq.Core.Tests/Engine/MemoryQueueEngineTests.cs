using RestMq.Hosts;
using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>Verifies with a fake clock how long a host keeps its state of an idle queue.</summary>
public sealed partial class MemoryQueueEngineTests
{
    // Sweeps come every 5 s, and a sweep drops a queue that was not used during the last two sweeps.
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Idle_UnusedQueue_StopsListeningAndWorksAgain()
    {
        for (var round = 1; round <= 2; round++)
        {
            var host = TestHosts.NewHost();
            for (var wait = 1; wait <= 2; wait++)
            {
                await OnceServedAsync(host);
                host.Store.Listeners.Should().Be(1);
                await IdleAsync();
                await Until(() => host.Store.Listeners == 0);
            }
        }
    }

    [Fact]
    public async Task Durability_ReplicatedInMemory_ThrowsAndChangesNothing()
    {
        var engine = TestHosts.NewHost().Engine;
        var replicated = new NewMessage(MessageBody.FromText("x")) { Durability = Durability.Replicated };
        Func<Task>[] calls =
        [
            () => engine.AddAsync(Queue, replicated).AsTask(),
            () => engine.AddAsync(Queue, [replicated with { Durability = null }, replicated]).AsTask(),
            () => engine.ConfigureAsync(Queue, new QueueSettingsChange { Durability = Durability.Replicated, MaxLength = 1 }).AsTask(),
        ];
        foreach (var call in calls) (await call.Should().ThrowAsync<RestMqDurabilityException>()).Which.Message.Should().Contain("replicated for memory");
        (await engine.ListAsync()).Should().BeEmpty();
        (await engine.AddAsync(Queue, replicated with { Durability = Durability.Stored })).Status.Should().Be(AddStatus.Added);
    }

    [Fact]
    public async Task Idle_QueueUsedNowAndThen_KeepsListening()
    {
        var host = TestHosts.NewHost();
        await OnceServedAsync(host);
        for (var n = 0; n < 20; n++)
        {
            await TestHosts.PassAsync(TimeSpan.FromSeconds(4));
            await host.Engine.TakeAsync(Queue);
        }
        host.Store.Listeners.Should().Be(1);
    }

    [Fact]
    public async Task Idle_QueueWithWaiterOrConsumer_KeepsListening()
    {
        var (waited, watched) = (TestHosts.NewHost(), TestHosts.NewHost());
        var waiting = waited.Engine.LeaseAsync([Queue], 1, TimeSpan.FromHours(1), Hosts.TestHosts.Never).AsTask();
        await Until(() => waited.Store.EmptyLooks == 2);
        var consumer = (await watched.Engine.SubscribeAsync(Hosts.TestHosts.NextQueue(), new LiveConsumerOptions()))!;

        await IdleAsync();
        (waited.Store.Listeners, watched.Store.Listeners).Should().Be((1, 1));

        await consumer.DisposeAsync();
        await waited.Engine.AddAsync(Queue, new NewMessage(MessageBody.FromText("hello")));
        await Within(waiting);
        await IdleAsync();
        await Until(() => waited.Store.Listeners == 0 && watched.Store.Listeners == 0);
    }

    [Fact]
    public async Task Idle_CallsDuringSweeps_AreServed()
    {
        var host = TestHosts.NewHost();
        var queues = Enumerable.Range(0, 50).Select(_ => Hosts.TestHosts.NextQueue()).ToArray();
        using var done = new CancellationTokenSource();
        var sweeping = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await TestHosts.PassAsync(TimeSpan.FromSeconds(5));
                await Task.Yield();
            }
        });

        for (var round = 1; round <= 20; round++)
        {
            foreach (var queue in queues) (await Within(host.Engine.AddAsync(queue, new NewMessage(MessageBody.FromText("hello"))))).Key.Id.Should().Be(round);
            foreach (var queue in queues) (await Within(host.Engine.TakeAsync(queue)))!.Key.Id.Should().Be(round);
        }

        done.Cancel();
        await Within(sweeping);
    }

    [Fact]
    public async Task Lease_WallClockSetForward_WakesOnTime()
    {
        var host = TestHosts.NewHost();
        var waiting = host.Engine.LeaseAsync([Queue], 1, TimeSpan.FromHours(1), Hosts.TestHosts.Never).AsTask();
        await Until(() => host.Store.EmptyLooks == 2);
        ((MemoryTestHosts)TestHosts).SetClock(TimeSpan.FromHours(1));

        await host.Engine.AddAsync(Queue, new NewMessage(MessageBody.FromText("soon")) { Delay = TestHosts.Soon });

        (await TestHosts.PassUntilAsync(waiting)).Should().ContainSingle().Which.Body.ToString().Should().Be("soon");
    }

    private async Task OnceServedAsync(TestHost host)
    {
        var looks = host.Store.EmptyLooks;
        var waiting = host.Engine.LeaseAsync([Queue], 1, TimeSpan.FromHours(1), Hosts.TestHosts.Never).AsTask();
        await Until(() => host.Store.EmptyLooks == looks + 2);
        await host.Engine.AddAsync(Queue, new NewMessage(MessageBody.FromText("hello")));
        (await Within(waiting)).Should().ContainSingle().Which.DeliveryCount.Should().Be(1);
    }

    private async Task IdleAsync()
    {
        for (var passed = TimeSpan.Zero; passed < Idle; passed += TimeSpan.FromSeconds(5)) await TestHosts.PassAsync(TimeSpan.FromSeconds(5));
    }
}
