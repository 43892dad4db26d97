using System.Diagnostics;
using RestMq.Hosts;
using StackExchange.Redis;
using static RestMq.Deadline;

namespace RestMq.Redis;

/// <summary>Verifies the probes that prove that wake-ups arrive, and the polls that replace lost wake-ups.</summary>
public sealed class ProbeTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private readonly RedisFixture _server = new() { Settings = ["--appendonly", "no"] };
    private SilentProxy _proxy = null!;
    private RedisTestHosts _behind = null!;
    private RedisTestHosts _direct = null!;

    private QueueName Queue { get; } = TestHosts.NextQueue();

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        _proxy = new SilentProxy(_server.Port);
        _behind = new RedisTestHosts(_server, $"127.0.0.1:{_proxy.Port},asyncTimeout=15000");
        _direct = new RedisTestHosts(_server);
    }

    public async Task DisposeAsync()
    {
        await _behind.DisposeAsync();
        await _direct.DisposeAsync();
        await _proxy.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task WakeUpsFlow_ConnectionFallsSilent_TurnsFalseWithinSeconds()
    {
        var store = _behind.NewHost().Store;
        var lost = 0;
        store.WakeUpsLost += () => Interlocked.Increment(ref lost);
        store.WakeUpsFlow.Should().BeFalse("without a listener there are no probes");
        await using var listening = await store.ListenAsync(Queue, _ => { }, default);
        await Until(() => store.WakeUpsFlow);

        _proxy.Silence();
        var clock = Stopwatch.StartNew();
        await Until(() => !store.WakeUpsFlow);
        clock.Elapsed.TotalSeconds.Should().BeInRange(1, 12, "three probes must be missed");
        lost.Should().Be(1);

        _proxy.End();
        await Until(() => store.WakeUpsFlow);
        lost.Should().Be(1);
    }

    [Fact]
    public async Task WakeUpsFlow_NoListenerLeft_EndsTheProbe()
    {
        var store = _direct.NewHost().Store;
        await using var connection = await ConnectionMultiplexer.ConnectAsync(_server.Patient);
        var server = connection.GetServers().Single();
        await using (await store.ListenAsync(Queue, _ => { }, default))
        {
            await Until(() => store.WakeUpsFlow);
            (await server.SubscriptionChannelsAsync(RedisChannel.Pattern("restmq:probe:*"))).Should().ContainSingle();
        }
        await Until(async () => (await server.SubscriptionChannelsAsync(RedisChannel.Pattern("restmq:probe:*"))).Length == 0);

        store.WakeUpsFlow.Should().BeFalse();
    }

    [Fact]
    public async Task Lease_WakeUpConnectionFallsSilent_GetsTheMessageBeforeTheSlowPoll()
    {
        var poll = TimeSpan.FromSeconds(1.5);
        var host = _behind.NewHost(options => options.SlowPoll = poll);
        var waiting = host.Engine.LeaseAsync([Queue], 1, Long, TimeSpan.FromSeconds(60)).AsTask();
        // A waiter queries twice before it is parked, and then four slow polls come. The fifth comes 12 to 24 s later.
        await Until(() => host.Store.EmptyLooks >= 5);
        await Until(() => host.Store.EmptyLooks == 6);
        host.Store.WakeUpsFlow.Should().BeTrue();

        _proxy.Silence();
        var clock = Stopwatch.StartNew();
        await _direct.NewHost().Engine.AddAsync(Queue, new NewMessage(MessageBody.FromText("a message")));

        (await Within(waiting)).Should().ContainSingle();
        clock.Elapsed.TotalSeconds
            .Should().BeLessThan(11, "the probes fail after about 4 s, and the slow poll of 1.5 s follows");
    }

    [Fact]
    public async Task Lease_WakeUpConnectionKilled_GetsTheMessage()
    {
        var host = _direct.NewHost();
        var waiting = host.Engine.LeaseAsync([Queue], 1, Long, TimeSpan.FromSeconds(50)).AsTask();
        await Until(() => host.Store.EmptyLooks == 2 && host.Store.WakeUpsFlow);
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{_server.Patient},allowAdmin=true");

        await connection.GetDatabase().ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await _behind.NewHost().Engine.AddAsync(Queue, new NewMessage(MessageBody.FromText("a message")));

        (await Within(waiting)).Should().ContainSingle();
    }
}
