using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RestMq.Stores;
using RestMq.Telemetry;

namespace RestMq.Redis;

/// <summary>
/// A reply of Redis that was lost costs no message a delivery, and no key or receipt means two messages after writes
/// were lost.
/// </summary>
public sealed class LostReplyTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private static readonly QueueName Queue = QueueName.Parse("q");

    // Nothing is on disk: a server that is killed has lost everything.
    private readonly RedisFixture _server = new() { Settings = ["--appendonly", "no"] };
    private readonly List<RedisQueueStore> _stores = [];

    public Task InitializeAsync() => _server.InitializeAsync();

    public async Task DisposeAsync()
    {
        foreach (var store in _stores) await store.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Lease_RepliesAreLostAgainAndAgain_MessagesReturnUncountedAndAtOnce()
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
        taken.Select(message => (message.Key.Id, message.Count)).Should().Equal((1, 1), (2, 1), (3, 1), (4, 1), (5, 1));
    }

    [Fact]
    public async Task Lease_ReplyIsLost_AnotherHostGetsTheMessageAsSoonAsRedisAnswers()
    {
        var (store, other) = (NewStore(), NewStore());
        // Redis must know the script, or it does not run what it gets while nobody waits for the reply.
        await store.LeaseAsync(Queue, [new LeaseRequest(1, Long)], default);
        await AddAsync(store, 1);
        var woken = new TaskCompletionSource();
        await using var listening = await other.ListenAsync(Queue, _ => woken.TrySetResult(), default);
        await _server.PauseAsync();
        var lease = async () => await store.LeaseAsync(Queue, [new LeaseRequest(1, Long)], default);
        await lease.Should().ThrowAsync<RestMqUnavailableException>();

        await _server.ResumeAsync();

        await Deadline.Within(woken.Task);
        await Deadline.Until(async () => (await other.LeaseAsync(Queue, [new LeaseRequest(1, Long)], default)).Messages is [{ Count: 1 }]);
    }

    [Fact]
    public async Task Lease_LaterReplyIsLost_EarlierDeliveriesStay()
    {
        var store = NewStore();
        await AddAsync(store, 1);
        var held = (await store.LeaseAsync(Queue, [new LeaseRequest(1, Long)], default)).Messages.Single();
        await _server.PauseAsync();
        var lease = async () => await store.LeaseAsync(Queue, [new LeaseRequest(1, Long)], default);
        await lease.Should().ThrowAsync<RestMqUnavailableException>();
        await _server.ResumeAsync();
        // Whatever is returned is returned before a store that is disposed of is gone.
        await _stores[0].DisposeAsync();

        var other = NewStore();
        (await other.SettleAsync(Queue, [new Settlement(held.Receipt, SettleAction.Ack)], default)).Should().Equal(SettleResult.Done);
    }

    [Fact]
    public async Task LostExchange_RunsAfterItWasAskedFor_IsReturnedAllTheSame()
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
    public async Task Add_AfterAllWasLost_GivesOutNoIdAgain()
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
    public async Task Add_AnotherServerHasOlderData_EveryHostGoesOnBeyondWhatWasLost()
    {
        // As a replica that lagged and was promoted: it has the queue as it was some messages ago.
        await using var old = new Snapshot();
        await old.Server.InitializeAsync();
        var store = NewStore(old.Server);
        await AddAsync(store, 2);
        await old.KeepAsync();
        await AddAsync(store, 3);
        await old.GoBackAsync();

        // A host that has seen nothing of the queue.
        var other = NewStore(old.Server);
        var first = await AddWhenBackAsync(other);
        var second = await AddWhenBackAsync(store);
        var third = await AddWhenBackAsync(other);

        first.Key.Id.Should().BeGreaterThan(5);
        (second.Key.Id, third.Key.Id).Should().Be((first.Key.Id + 1, first.Key.Id + 2), "hosts agree on the server, and the ids go on");
        (await other.StatsAsync(Queue, default)).Should().Match<QueueStats>(stats => stats.TotalAdded == 5 && stats.Ready == 5);
    }

    // The first call connects, which may take longer on a busy machine than a store that gives up soon allows.
    private static async Task AddAsync(RedisQueueStore store, int count)
    {
        await Deadline.Until(async () => (await store.CheckAsync(default)).Failure is null);
        await store.AddAsync(Queue, [.. Enumerable.Range(1, count).Select(n => new NewMessage(MessageBody.FromText($"{n}")))], whole: false, default);
    }

    private static async Task<AddResult> AddWhenBackAsync(RedisQueueStore store)
    {
        AddResult[] added = [];
        await Deadline.Until(async () =>
        {
            try
            {
                added = await store.AddAsync(Queue, [new NewMessage(MessageBody.FromText("new"))], whole: false, default);
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

    /// <summary>A server whose data can be set back to what it was.</summary>
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
