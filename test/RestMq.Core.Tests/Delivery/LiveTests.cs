using RestMq.Hosts;
using RestMq.Engine;
using StackExchange.Redis;
using static RestMq.Deadline;

namespace RestMq.Delivery;

/// <summary>
/// Verifies live delivery on every store, on one host and on two. This file holds the setup and the tests that need a
/// certain store. The other files hold the tests that run on every store, one concern a file. The slow poll of these
/// hosts comes after a minute, so messages arrive by wake-ups.
/// </summary>
public abstract partial class LiveTests : IAsyncLifetime
{
    private static readonly LiveConsumerOptions FromNow = new();

    private protected TestHost One => _one;

    private protected TestHost Two => _two;

    private TestHost _one = null!;
    private TestHost _two = null!;

    private protected abstract TestHosts TestHosts { get; }

    private protected QueueName Queue { get; } = TestHosts.NextQueue();

    private QueueEngine Engine => _one.Engine;

    public Task InitializeAsync()
    {
        (_one, _two) = (TestHosts.NewHost(), TestHosts.NewHost());
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await TestHosts.DisposeAsync();
        await TestHosts.AssertSoundAsync(Queue);
    }

    private static LiveConsumerOptions After(long sequence) => new() { ResumeAfter = sequence };

    private protected static IEnumerable<long> Numbers(int first, int last) => Enumerable.Range(first, last - first + 1).Select(n => (long)n);

    private protected async Task<Listener> ListenAsync(TestHost host, LiveConsumerOptions? options = null) =>
        new((await Within(host.Engine.SubscribeAsync(Queue, options ?? FromNow)))!);

    /// <summary>
    /// Subscribes, and returns when a step of live delivery has completed. The host then knows the end of the history,
    /// so the consumer gets every message that is added later.
    /// </summary>
    private protected async Task<Listener> ListenFromNowAsync(TestHost host)
    {
        var steps = host.Store.Steps;
        var listener = await ListenAsync(host);
        await Until(() => host.Store.Steps > steps);
        return listener;
    }

    /// <summary>Adds messages numbered from 1 to the count, a thousand in one call.</summary>
    private protected async Task AddAsync(int count, TestHost? host = null)
    {
        foreach (var chunk in Enumerable.Range(1, count).Chunk(1000))
            await (host ?? _one).Engine.AddAsync(Queue, [.. chunk.Select(n => new NewMessage(MessageBody.FromText($"message {n}")))]);
    }

    private Task ConfigureAsync(QueueSettingsChange change) => Engine.ConfigureAsync(Queue, change).AsTask();

    private Task ConfigureAsync(QueuePolicy policy) => ConfigureAsync(new QueueSettingsChange { Policy = policy });

    /// <summary>
    /// Waits until the pump of the host sleeps: a hundred other calls pass without a step. A pump that never sleeps
    /// fails the test.
    /// </summary>
    private protected Task SleepsAsync(TestHost host) => Until(async () =>
    {
        var steps = host.Store.Steps;
        for (var call = 0; call < 100; call++)
        {
            await Engine.StatsAsync(Queue);
            await Task.Yield();
        }
        return host.Store.Steps == steps && host.Store.StepsBegun == steps;
    });

    /// <summary>Waits until the queue is empty. Messages are deleted shortly after their delivery.</summary>
    private protected Task NothingIsLeftAsync() => Until(async () => (await Engine.StatsAsync(Queue)).Total == 0);
}

/// <summary>Runs the tests on the memory store with a fake clock.</summary>
public sealed class MemoryLiveTests : LiveTests
{
    private protected override TestHosts TestHosts { get; } = new MemoryTestHosts();

    [Fact]
    public async Task Unsubscribe_UnreadLeasesExpired_SeenDeliveryStaysCounted()
    {
        await AddAsync(3);
        var listener = await ListenAsync(One, new LiveConsumerOptions { Lease = TimeSpan.FromSeconds(10), Prefetch = 3 });
        var seen = (await listener.NextAsync()).Message!;
        await One.Engine.SettleAsync(new Settlement(seen.Receipt, SettleAction.Extend) { Time = TimeSpan.FromMinutes(10) });
        // The leases of the two unread messages expire, and both messages are delivered again. Four events then wait.
        await Until(async () =>
        {
            await TestHosts.PassAsync(TimeSpan.FromSeconds(1));
            return listener.Waiting >= 4;
        });

        await listener.DisposeAsync();

        var again = await One.Engine.LeaseAsync([Queue], 3, TimeSpan.FromMinutes(1), TimeSpan.Zero);
        again[0].Key.Should().Be(seen.Key);
        again[0].DeliveryCount.Should().Be(2, "its receipt must differ from that of the delivery that was read");
    }
}

/// <summary>Runs the tests on Redis. Each of the two hosts has its own connection.</summary>
public sealed class RedisLiveTests(RedisFixture server) : LiveTests, IClassFixture<RedisFixture>
{
    private protected override TestHosts TestHosts { get; } = new RedisTestHosts(server);

    [Theory, InlineData(false), InlineData(true)]
    public async Task Broadcast_RedisDataLost_LaterMessagesAreDelivered(bool elsewhere)
    {
        await using var listener = await ListenFromNowAsync(One);
        await AddAsync(50);
        await listener.IdsAsync(50);
        One.Store.LosesWakeUps = _ => true;
        await using (var redis = await ConnectionMultiplexer.ConnectAsync(server.Configuration))
        {
            foreach (var key in redis.GetServers()[0].Keys(pattern: $"*{Queue}*")) await redis.GetDatabase().KeyDeleteAsync(key);
        }
        if (elsewhere)
        {
            // The data loss restarted the history. Host Two delivers the first 20 messages of the new history before
            // host One, whose wake-ups are lost, learns of the new history.
            await using var there = await ListenAsync(Two, new LiveConsumerOptions { ResumeAfter = 0 });
            await AddAsync(20, Two);
            await there.IdsAsync(20);
        }
        One.Store.LosesWakeUps = _ => false;

        await AddAsync(elsewhere ? 80 : 100, Two);

        (await listener.IdsAsync(100)).Should().Equal(Numbers(1, 100));
        await NothingIsLeftAsync();
    }
}
