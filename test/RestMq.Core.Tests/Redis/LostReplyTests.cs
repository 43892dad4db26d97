using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RestMq.Stores;
using RestMq.Telemetry;

namespace RestMq.Redis;

/// <summary>
/// Verifies that a lost reply of Redis costs no message a delivery. After lost writes, no key or receipt may mean two
/// messages.
/// </summary>
public sealed class LostReplyTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private static readonly QueueName Queue = QueueName.Parse("q");

    // Redis does not persist here, so a killed server loses all data.
    private readonly RedisFixture _server = new() { Settings = ["--appendonly", "no"] };
    private readonly List<RedisQueueStore> _stores = [];

    public Task InitializeAsync() => _server.InitializeAsync();

    public async Task DisposeAsync()
    {
        foreach (var store in _stores) await store.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Lease_RepliesLostRepeatedly_MessagesReturnUncountedAtOnce()
    {
        var store = NewStore();
        await AddAsync(store, 5);
        for (var stall = 0; stall < 21; stall++)
        {
            await _server.PauseAsync();
            var lease = async () => await store.LeaseAsync(Queue, [new LeaseRequest(5, Long)], default);
            await lease.Should().ThrowAsync<RestMqUnavailableException>();
            await _server.ResumeAsync();
            await Deadline.Until(async () => (await store.StatsAsync(Queue, default)) is { Ready: 5, Leased: 0 });
        }

        var taken = (await store.LeaseAsync(Queue, [new LeaseRequest(10, Long)], default)).Messages;
        taken.Select(message => (message.Key.Id, message.DeliveryCount)).Should().Equal((1, 1), (2, 1), (3, 1), (4, 1), (5, 1));
    }

    [Fact]
    public async Task Lease_ReplyLost_AnotherHostGetsTheMessageWhenRedisAnswers()
    {
        var (store, other) = (NewStore(), NewStore());
        // Redis must have cached the script. Otherwise it replies NOSCRIPT after the pause and the lease never runs.
        await store.LeaseAsync(Queue, [new LeaseRequest(1, Long)], default);
        await AddAsync(store, 1);
        var woken = new TaskCompletionSource();
        await using var listening = await other.ListenAsync(Queue, _ => woken.TrySetResult(), default);
        await _server.PauseAsync();
        var lease = async () => await store.LeaseAsync(Queue, [new LeaseRequest(1, Long)], default);
        await lease.Should().ThrowAsync<RestMqUnavailableException>();

        await _server.ResumeAsync();

        await Deadline.Within(woken.Task);
        await Deadline.Until(async () => (await other.LeaseAsync(Queue, [new LeaseRequest(1, Long)], default)).Messages is [{ DeliveryCount: 1 }]);
    }

    [Fact]
    public async Task Lease_LaterReplyLost_EarlierDeliveriesStay()
    {
        var store = NewStore();
        await AddAsync(store, 1);
        var held = (await store.LeaseAsync(Queue, [new LeaseRequest(1, Long)], default)).Messages.Single();
        await _server.PauseAsync();
        var lease = async () => await store.LeaseAsync(Queue, [new LeaseRequest(1, Long)], default);
        await lease.Should().ThrowAsync<RestMqUnavailableException>();
        await _server.ResumeAsync();
        // Disposing of the store waits until lost deliveries have been returned.
        await _stores[0].DisposeAsync();

        var other = NewStore();
        (await other.SettleAsync(Queue, [new Settlement(held.Receipt, SettleAction.Ack)], default)).Should().Equal(SettleResult.Done);
    }

    [Fact]
    public async Task LostExchange_RunsAfterTheQuery_IsStillReturned()
    {
        var answers = new Queue<long>([-1, -1, 3]);
        var done = new TaskCompletionSource();
        await using var lost = new LostExchanges(
            (_, _, token, _) =>
            {
                token.Should().Be(7);
                var answer = answers.Dequeue();
                if (answers.Count == 0) done.SetResult();
                return new(answer);
            },
            TimeProvider.System, NullLogger.Instance);

        lost.Add(Queue, [], 7);

        await Deadline.Within(done.Task);
    }

    [Fact]
    public async Task Add_AfterDataLoss_ReusesNoId()
    {
        var store = NewStore();
        await AddAsync(store, 3);
        var old = (await store.LeaseAsync(Queue, [new LeaseRequest(3, Long)], default)).Messages;

        await _server.KillAsync();
        await _server.StartAsync();
        var added = await AddWhenBackAsync(store);

        added.Key.Id.Should().BeGreaterThan(old[^1].Key.Id + 1000);
        var held = (await store.LeaseAsync(Queue, [new LeaseRequest(1, Long)], default)).Messages.Single();
        (await store.SettleAsync(Queue, [.. old.Select(message => new Settlement(message.Receipt, SettleAction.Ack))], default))
            .Should().OnlyContain(result => result == SettleResult.Unknown);
        (await store.SettleAsync(Queue, [new Settlement(held.Receipt, SettleAction.Ack)], default)).Should().Equal(SettleResult.Done);
    }

    [Fact]
    public async Task Add_ServerWithOlderData_EveryHostContinuesBeyondLostIds()
    {
        // This simulates a promoted replica that lagged: its queue is some messages behind.
        await using var old = new Snapshot();
        await old.Server.InitializeAsync();
        var store = NewStore(old.Server);
        await AddAsync(store, 2);
        await old.KeepAsync();
        await AddAsync(store, 3);
        await old.GoBackAsync();

        // This host has not seen the queue before.
        var other = NewStore(old.Server);
        var first = await AddWhenBackAsync(other);
        var second = await AddWhenBackAsync(store);
        var third = await AddWhenBackAsync(other);

        first.Key.Id.Should().BeGreaterThan(5);
        (second.Key.Id, third.Key.Id)
            .Should().Be((first.Key.Id + 1, first.Key.Id + 2), "all hosts use the counter of the server");
        (await other.StatsAsync(Queue, default)).Should().Match<QueueStats>(stats => stats.TotalAdded == 5 && stats.Ready == 5);
    }

    // The first call connects. On a busy machine, this may take longer than the short timeout of this store.
    private static async Task AddAsync(RedisQueueStore store, int count)
    {
        await Deadline.Until(async () => (await store.CheckAsync(default)).Failure is null);
        await store.AddAsync(Queue, [.. Enumerable.Range(1, count).Select(n => new NewMessage(MessageBody.FromText($"{n}")))], allOrNothing: false, default);
    }

    private static async Task<AddResult> AddWhenBackAsync(RedisQueueStore store)
    {
        AddResult[] added = [];
        await Deadline.Until(async () =>
        {
            try
            {
                added = await store.AddAsync(Queue, [new NewMessage(MessageBody.FromText("new"))], allOrNothing: false, default);
                return true;
            }
            catch (RestMqUnavailableException)
            {
                return false;
            }
        });
        return added[0];
    }

    private RedisQueueStore NewStore(RedisFixture? server = null)
    {
        var store = new RedisQueueStore(
            new RedisStoreOptions { Configuration = $"{(server ?? _server).Configuration},asyncTimeout=500" }, TimeSpan.FromMinutes(5),
            NullLogger<RedisQueueStore>.Instance, new QueueMetrics(Options.Create(new RestMqOptions())));
        _stores.Add(store);
        return store;
    }

    /// <summary>Runs a server whose data can be restored to an earlier state.</summary>
    private sealed class Snapshot : IAsyncDisposable
    {
        private readonly DirectoryInfo _kept = Directory.CreateTempSubdirectory("restmq-kept-");

        public RedisFixture Server { get; } = new();

        public async Task KeepAsync()
        {
            await Server.StopAsync();
            Copy(Server.Folder, _kept);
            await Server.StartAsync();
        }

        public async Task GoBackAsync()
        {
            await Server.KillAsync();
            Server.Folder.Delete(recursive: true);
            Copy(_kept, Server.Folder);
            await Server.StartAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await Server.DisposeAsync();
            _kept.Delete(recursive: true);
        }

        private static void Copy(DirectoryInfo from, DirectoryInfo to)
        {
            to.Create();
            foreach (var file in from.GetFiles()) file.CopyTo(Path.Combine(to.FullName, file.Name), overwrite: true);
            foreach (var folder in from.GetDirectories()) Copy(folder, new DirectoryInfo(Path.Combine(to.FullName, folder.Name)));
        }
    }
}
