using RestMq.Daemons;
using RestMq.Engine;
using RestMq.Redis;
using StackExchange.Redis;
using static RestMq.Deadline;

namespace RestMq.Delivery;

/// <summary>
/// Live delivery on every store, on one and two daemons. This file sets the stage; the others hold the tests by concern. The slow poll of
/// these daemons comes after a minute, so what arrives here was hinted at.
/// </summary>
public abstract partial class LiveTests : IAsyncLifetime
{
    private static readonly LiveConsumerOptions FromNow = new();

    private protected Daemon One => _one;

    private protected Daemon Two => _two;

    private Daemon _one = null!;
    private Daemon _two = null!;

    private protected abstract Stage Stage { get; }

    private protected QueueName Queue { get; } = Stage.NextQueue();

    private QueueEngine Engine => _one.Engine;

    public Task InitializeAsync()
    {
        (_one, _two) = (Stage.NewDaemon(), Stage.NewDaemon());
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await Stage.DisposeAsync();
        await Stage.AssertSoundAsync(Queue);
    }

    private static LiveConsumerOptions After(long sequence) => new() { ResumeAfter = sequence };

    private protected static IEnumerable<long> Numbers(int first, int last) => Enumerable.Range(first, last - first + 1).Select(n => (long)n);

    private protected async Task<Listener> ListenAsync(Daemon daemon, LiveConsumerOptions? options = null) =>
        new((await Within(daemon.Engine.SubscribeAsync(Queue, options ?? FromNow)))!);

    /// <summary>The same, once the daemon knows where the log ends: what is added from then on is for this consumer.</summary>
    private protected async Task<Listener> ListenFromNowAsync(Daemon daemon)
    {
        var steps = daemon.Store.Steps;
        var listener = await ListenAsync(daemon);
        await Until(() => daemon.Store.Steps > steps);
        return listener;
    }

    /// <summary>Adds messages 1 to so many, in one step for each thousand.</summary>
    private protected async Task AddAsync(int count, Daemon? daemon = null)
    {
        foreach (var chunk in Enumerable.Range(1, count).Chunk(1000))
            await (daemon ?? _one).Engine.AddAsync(Queue, [.. chunk.Select(n => new NewMessage(MessageBody.FromText($"message {n}")))]);
    }

    private Task ConfigureAsync(QueueSettingsChange change) => Engine.ConfigureAsync(Queue, change).AsTask();

    private Task ConfigureAsync(QueuePolicy policy) => ConfigureAsync(new QueueSettingsChange { Policy = policy });

    /// <summary>Messages are gone from a queue a moment after they were delivered.</summary>
    private protected Task NothingIsLeftAsync() => Until(async () => (await Engine.StatsAsync(Queue)).Total == 0);
}

/// <summary>On memory, whose time is ours.</summary>
public sealed class MemoryLiveTests : LiveTests
{
    private protected override Stage Stage { get; } = new MemoryStage();

    [Fact]
    public async Task What_a_consumer_has_seen_counts_also_when_leases_of_what_it_had_not_read_have_ended()
    {
        await AddAsync(3);
        var listener = await ListenAsync(One, new LiveConsumerOptions { Lease = TimeSpan.FromSeconds(10), Prefetch = 3 });
        var seen = (await listener.NextAsync()).Message!;
        await One.Engine.SettleAsync(new Settlement(seen.Receipt, SettleAction.Extend) { Time = TimeSpan.FromMinutes(10) });
        await Until(async () =>
        {
            await Stage.PassAsync(TimeSpan.FromSeconds(1));
            return listener.Waiting >= 4;
        });

        await listener.DisposeAsync();

        var again = await One.Engine.LeaseAsync([Queue], 3, TimeSpan.FromMinutes(1), TimeSpan.Zero);
        again[0].Key.Should().Be(seen.Key);
        again[0].Count.Should().Be(2, "its receipt must not be that of the hand-out that was seen");
    }
}

/// <summary>On Redis: two daemons have two connections.</summary>
[Collection(RedisCollection.Name)]
public sealed class RedisLiveTests(RedisFixture server) : LiveTests
{
    private protected override Stage Stage { get; } = new RedisStage(server);

    [Theory, InlineData(false), InlineData(true)]
    public async Task When_the_data_is_lost_nothing_that_comes_after_is(bool elsewhere)
    {
        await using var listener = await ListenFromNowAsync(One);
        await AddAsync(50);
        await listener.IdsAsync(50);
        One.Store.LosesHints = _ => true;
        await using (var redis = await ConnectionMultiplexer.ConnectAsync(server.Configuration))
        {
            foreach (var key in redis.GetServers()[0].Keys(pattern: $"*{Queue}*")) await redis.GetDatabase().KeyDeleteAsync(key);
        }
        if (elsewhere)
        {
            // Another daemon's consumer is ahead in the log's new life when this one comes to know of it.
            await using var there = await ListenAsync(Two, new LiveConsumerOptions { ResumeAfter = 0 });
            await AddAsync(20, Two);
            await there.IdsAsync(20);
        }
        One.Store.LosesHints = _ => false;

        await AddAsync(elsewhere ? 80 : 100, Two);

        (await listener.IdsAsync(100)).Should().Equal(Numbers(1, 100));
        await NothingIsLeftAsync();
    }
}
