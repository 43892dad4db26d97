using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RestMq.Hosts;
using RestMq.Stores;
using RestMq.Telemetry;
using StackExchange.Redis;
using static RestMq.Deadline;

namespace RestMq.Redis;

/// <summary>
/// Verifies that calls work while the queue index cannot be changed, and that the index is correct afterwards.
/// </summary>
public sealed class IndexUnavailableTests : IAsyncLifetime
{
    private const string Index = "restmq:queues";

    private readonly RedisFixture _server = new() { Settings = ["--appendonly", "no"] };
    private readonly QueueMetrics _metrics = new(Options.Create(new RestMqOptions()));
    private readonly List<IAsyncDisposable> _made = [];
    private ConnectionMultiplexer _connection = null!;

    private IDatabase Redis => _connection.GetDatabase();

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        _connection = await ConnectionMultiplexer.ConnectAsync(_server.Patient);
    }

    public async Task DisposeAsync()
    {
        foreach (var one in _made) await one.DisposeAsync();
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
        _metrics.Dispose();
    }

    [Fact]
    public async Task Add_IndexRejectsChanges_SucceedsAndIsListedLater()
    {
        // A key of another type makes every command on the index fail, and no other command.
        await Redis.StringSetAsync(Index, "no index");
        var store = NewStore();
        var queues = Enumerable.Range(0, 50).Select(_ => TestHosts.NextQueue()).ToArray();

        foreach (var queue in queues) (await AddAsync(store, queue))[0].Status.Should().Be(AddStatus.Added);
        await store.ConfigureAsync(queues[0], new QueueSettingsChange { History = 1 }, default);
        (await store.DeleteQueueAsync(queues[1], default)).Should().BeTrue();
        (await store.StatsAsync(queues[2], default)).Ready.Should().Be(1);

        await Redis.KeyDeleteAsync(Index);
        await Until(async () => await Redis.SortedSetLengthAsync(Index) == queues.Length - 1);
        (await store.ListAllAsync()).Should().BeEquivalentTo(queues.Where(queue => queue != queues[1]));
    }

    [Fact]
    public async Task Purge_IndexRejectsChanges_SucceedsAndIsUnlistedLater()
    {
        var (store, queue) = (NewStore(), TestHosts.NextQueue());
        await AddAsync(store, queue);
        await Redis.KeyRenameAsync(Index, "set aside");
        await Redis.StringSetAsync(Index, "no index");

        (await store.DeleteQueueAsync(queue, default)).Should().BeTrue();

        await Redis.KeyRenameAsync("set aside", Index);
        await Until(async () => await Redis.SortedSetLengthAsync(Index) == 0);
    }

    [Fact]
    public async Task Add_IndexDoesNotAnswer_WaitsBriefly()
    {
        var scheduler = new CommandScheduler(int.MaxValue) { HoldsIndex = true };
        var store = NewStore(scheduler);
        await AddAsync(store, TestHosts.NextQueue());
        var clock = Stopwatch.StartNew();

        for (var n = 0; n < 5; n++) (await AddAsync(store, TestHosts.NextQueue()))[0].Status.Should().Be(AddStatus.Added);

        clock.Elapsed.TotalSeconds.Should().BeLessThan(4, "each add waits only 0.1 s for the index");
    }

    [Fact]
    public async Task Add_IndexLost_IsListedAgainAfterAMinute()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var store = NewStore(time: time);
        QueueName[] queues = [TestHosts.NextQueue(), TestHosts.NextQueue(), TestHosts.NextQueue()];
        foreach (var queue in queues) await AddAsync(store, queue);
        await Redis.KeyDeleteAsync(Index);

        await AddAsync(store, queues[0]);
        await store.StatsAsync(queues[1], default);
        (await Redis.SortedSetLengthAsync(Index)).Should().Be(0, "a name is entered in the index once a minute");
        time.Advance(TimeSpan.FromMinutes(1));
        await AddAsync(store, queues[0]);
        await store.StatsAsync(queues[1], default);

        await Until(async () => await Redis.SortedSetLengthAsync(Index) == 2);
        (await store.ListAllAsync()).Should().BeEquivalentTo(queues[..2]);
    }

    [Theory, InlineData("restmq:"), InlineData("odd*[1]\\:")]
    public async Task RebuildIndex_IndexLost_ListsExactlyTheExistingQueues(string prefix)
    {
        var store = NewStore(prefix: prefix);
        var queues = Enumerable.Range(0, 3000).Select(n => QueueName.Parse($"q{n:0000}")).ToArray();
        await Parallel.ForEachAsync(queues, async (queue, _) => await AddAsync(store, queue));
        await store.DeleteQueueAsync(queues[1], default);
        await AddAsync(NewStore(prefix: "another:"), QueueName.Parse("another"));
        await Redis.KeyDeleteAsync(prefix + "queues");

        (await store.RebuildIndexAsync(default)).Should().Be(queues.Length - 1);

        (await store.ListAllAsync()).Should().Equal(queues.Where(queue => queue != queues[1]));
    }

    private static ValueTask<AddResult[]> AddAsync(IQueueStore store, QueueName queue) =>
        store.AddAsync(queue, [new NewMessage(MessageBody.FromText("a message"))], default);

    private RedisQueueStore NewStore(CommandScheduler? scheduler = null, TimeProvider? time = null, string prefix = "restmq:")
    {
        IConnectionMultiplexer connection = scheduler?.Of(_connection) ?? _connection;
        var store = new RedisQueueStore(
            new RedisStoreOptions { ConnectionFactory = _ => Task.FromResult(connection), KeyPrefix = prefix }, TimeSpan.FromMinutes(5),
            NullLogger<RedisQueueStore>.Instance, _metrics, time);
        _made.Add(store);
        return store;
    }
}
