using System.Numerics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RestMq.Hosts;
using RestMq.Stores;
using RestMq.Telemetry;
using StackExchange.Redis;
using static RestMq.Deadline;

namespace RestMq.Redis;

/// <summary>
/// Verifies that a queue is listed exactly when it exists, after every interleaving of the commands of an add on one
/// host and a purge on another. If a host dies between its commands, another host repairs the index: by an add a
/// minute later, or by reading the queue's statistics.
/// </summary>
public sealed class ListingTests : IAsyncLifetime
{
    private const int Immortal = 100;

    private readonly RedisFixture _server = new() { Settings = ["--appendonly", "no"] };
    private readonly QueueMetrics _metrics = new(Options.Create(new RestMqOptions()));
    private readonly FakeTimeProvider _time = new();
    private ConnectionMultiplexer _connection = null!;

    /// <summary>Lists the states of the queue before the test.</summary>
    public enum Before
    {
        Nothing,
        AQueueOfTheAdders,
        AQueueOfAnothers,
    }

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        _connection = await ConnectionMultiplexer.ConnectAsync(_server.Patient);
    }

    public async Task DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
        _metrics.Dispose();
    }

    [Theory, InlineData(Before.Nothing), InlineData(Before.AQueueOfTheAdders), InlineData(Before.AQueueOfAnothers)]
    public async Task List_AddRacingPurgeWithCrashes_MatchesExistingQueues(Before before)
    {
        // Each bit selects the host that runs the next command. An add has up to four relevant commands, a purge three.
        foreach (var order in Enumerable.Range(0, 1 << 7).Where(bits => BitOperations.PopCount((uint)bits) == 3))
        {
            await PlayAsync(before, order, Immortal, Immortal);
            for (var lives = 0; lives < 5; lives++) await PlayAsync(before, order, lives, Immortal);
            for (var lives = 0; lives < 4; lives++) await PlayAsync(before, order, Immortal, lives);
        }
    }

    private async Task PlayAsync(Before before, int bits, int adderLives, int purgerLives)
    {
        var queue = TestHosts.NextQueue();
        await using var another = NewStore(new CommandScheduler(Immortal));
        CommandScheduler[] schedulers = [new CommandScheduler(adderLives), new CommandScheduler(purgerLives)];
        await using RedisQueueStore adder = NewStore(schedulers[0]), purger = NewStore(schedulers[1]);
        if (before != Before.Nothing) await AddAsync(before == Before.AQueueOfAnothers ? another : adder, queue);
        // Connects the hosts and loads the scripts.
        await AddAsync(purger, TestHosts.NextQueue());
        await purger.DeleteQueueAsync(TestHosts.NextQueue(), default);
        await adder.StatsAsync(TestHosts.NextQueue(), default);

        foreach (var one in schedulers) one.IsFree = false;
        Task[] works = [AddAsync(adder, queue), purger.DeleteQueueAsync(queue, default).AsTask()];
        var order = bits;
        while (true)
        {
            for (var i = 0; i < 2; i++) await schedulers[i].ReadyAsync(works[i]);
            if (!schedulers[0].HasNext && !schedulers[1].HasNext) break;
            await (schedulers[order & 1].HasNext ? schedulers[order & 1] : schedulers[1 - (order & 1)]).NextAsync();
            order >>= 1;
        }
        foreach (var one in schedulers) one.IsFree = true;

        await Within(Task.WhenAll(works.Where((_, i) => !schedulers[i].IsDead)));
        if (schedulers.Any(one => one.IsDead))
        {
            var survivor = schedulers[0].IsDead ? purger : adder;
            _time.Advance(TimeSpan.FromMinutes(1));
            if (await ExistsAsync()) await AddAsync(survivor, queue);
            else await survivor.StatsAsync(queue, default);
        }
        // Work that a call does not wait for continues in the background.
        await Until(
            async () => (await another.ListAllAsync()).Contains(queue) == await ExistsAsync(),
            $"{before}, order {bits:b}, an add that runs {adderLives} commands and a purge that runs {purgerLives}");

        Task<bool> ExistsAsync() => _connection.GetDatabase().HashExistsAsync($"restmq:{{{queue}}}:meta", "created");
    }

    private static Task AddAsync(RedisQueueStore store, QueueName queue) => store.AddAsync(queue, [new NewMessage(MessageBody.FromText("a message"))], default).AsTask();

    private RedisQueueStore NewStore(CommandScheduler schedulers) => new(
        new RedisStoreOptions { ConnectionFactory = _ => Task.FromResult(schedulers.Of(_connection)) }, TimeSpan.FromMinutes(5),
        NullLogger<RedisQueueStore>.Instance, _metrics, _time);
}
