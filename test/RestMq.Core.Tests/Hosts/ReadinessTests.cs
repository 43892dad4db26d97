using RestMq.Delivery;
using static RestMq.Deadline;

namespace RestMq.Hosts;

/// <summary>
/// Verifies that every event that makes a message ready wakes every kind of waiter, on its own host and on another.
/// The slow poll of these hosts comes long after the deadline of a test. Each waiter has stopped querying the store
/// before the event. A waiter that gets the message was therefore woken.
/// </summary>
public abstract class ReadinessTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private TestHost _one = null!;
    private TestHost _two = null!;

    /// <summary>Lists the events that make a message ready.</summary>
    public enum Cause
    {
        Add,
        DelayOver,
        DelayOverThatWasThere,
        LeaseOver,
        LeaseCutShort,
        Release,
        ReleaseOver,
        Redrive,
        RedriveOfOne,
        Start,
    }

    /// <summary>Lists the kinds of waiters.</summary>
    public enum Waiter
    {
        LongPoll,
        LongPollOfSeveral,
        Broadcast,
        RoundRobin,
        Leased,
    }

    private protected abstract TestHosts TestHosts { get; }

    private protected QueueName Queue { get; } = TestHosts.NextQueue();

    public static TheoryData<Cause, Waiter, bool> All()
    {
        var data = new TheoryData<Cause, Waiter, bool>();
        foreach (var cause in Enum.GetValues<Cause>())
        {
            foreach (var waiter in Enum.GetValues<Waiter>())
            {
                // A long poll leases from a stopped queue too, so a start does not wake it.
                if (cause == Cause.Start && waiter is Waiter.LongPoll or Waiter.LongPollOfSeveral) continue;
                data.Add(cause, waiter, false);
                data.Add(cause, waiter, true);
            }
        }
        return data;
    }

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

    [Theory]
    [MemberData(nameof(All))]
    public async Task MessageReady_ByEveryCause_WakesEveryKindOfWaiter(Cause cause, Waiter waiter, bool elsewhere)
    {
        var actor = (elsewhere ? _two : _one).Engine;
        await actor.ConfigureAsync(Queue, new QueueSettingsChange { Policy = waiter == Waiter.RoundRobin ? QueuePolicy.RoundRobin : QueuePolicy.Broadcast });
        var (act, waiting, looks) = await WaitForItAsync();
        // On a busy machine, a delay can end before the waiter is parked. The waiter then finds the message without a
        // wake-up, so the test tries again.
        for (var tries = 1; looks is null && tries < 10; tries++) (act, waiting, looks) = await WaitForItAsync();
        looks.Should().NotBeNull("the waiter must be parked before the event");

        await act();

        (await TestHosts.PassUntilAsync(waiting)).Body.ToString().Should().Be("a message");
        // The waiter queried the store because of the wake-up. It did not poll.
        (Looks - looks!.Value).Should().BeLessThan(10);

        async Task<(Func<Task> Act, Task<QueueMessage> Waiting, int? Looks)> WaitForItAsync()
        {
            var cameBy = await PrepareAsync(cause, actor);
            var before = Looks;
            var begun = WaitAsync(waiter);
            return (cameBy, begun, await ParkedAsync(begun, before));
        }
    }

    // The wake-up frees the stream. On the memory store it is the only cause, because no time passes there and the pump
    // does not poll by itself.
    [Theory]
    [InlineData("ack", false), InlineData("bury", false), InlineData("release", false), InlineData("purge", false)]
    [InlineData("ack", true), InlineData("bury", true), InlineData("release", true), InlineData("purge", true)]
    public async Task Delivery_EndsInAnyWay_MakesRoomInItsStream(string end, bool elsewhere)
    {
        var actor = (elsewhere ? _two : _one).Engine;
        await using var listener = new Listener((await _one.Engine.SubscribeAsync(Queue, new LiveConsumerOptions { Lease = Long, Prefetch = 1 }))!);
        await actor.AddAsync(Queue, [new NewMessage(MessageBody.FromText("first")), new NewMessage(MessageBody.FromText("second"))]);
        var first = (await listener.NextAsync()).Message!;

        await (end switch
        {
            "ack" => EndAsync(SettleAction.Ack),
            "bury" => EndAsync(SettleAction.Bury),
            "release" => EndAsync(SettleAction.Release, Long),
            _ => actor.PurgeAsync(Queue, MessageState.Leased).AsTask(),
        });

        (await listener.NextAsync()).Message!.Body.ToString().Should().Be("second");

        Task EndAsync(SettleAction action, TimeSpan time = default) => actor.SettleAsync(new Settlement(first.Receipt, action) { Time = time }).AsTask();
    }

    private int Looks => _one.Store.EmptyLooks + _one.Store.Steps;

    // Prepares the queue for the event, and returns the action that causes the event.
    private async Task<Func<Task>> PrepareAsync(Cause cause, IQueueEngine actor)
    {
        switch (cause)
        {
            case Cause.Add:
                return () => AddAsync();
            case Cause.DelayOver:
                return () => AddAsync(TestHosts.Soon);
            case Cause.DelayOverThatWasThere:
                await AddAsync(TestHosts.Soon);
                return () => Task.CompletedTask;
            case Cause.LeaseOver:
                await HoldAsync(TestHosts.Soon);
                return () => Task.CompletedTask;
            case Cause.LeaseCutShort:
                return await SettlingAsync(SettleAction.Extend, TestHosts.Soon);
            case Cause.Release:
                return await SettlingAsync(SettleAction.Release);
            case Cause.ReleaseOver:
                return await SettlingAsync(SettleAction.Release, TestHosts.Soon);
            case Cause.Redrive or Cause.RedriveOfOne:
                var bury = await SettlingAsync(SettleAction.Bury);
                await bury();
                return async () => (cause == Cause.Redrive ? await actor.RedriveAsync(Queue) : await actor.RedriveAsync(new MessageKey(Queue, 1)) ? 1 : 0).Should().Be(1);
            case Cause.Start:
                await actor.ConfigureAsync(Queue, new QueueSettingsChange { Stopped = true });
                await AddAsync();
                return () => actor.ConfigureAsync(Queue, new QueueSettingsChange { Stopped = false }).AsTask();
            default:
                throw new ArgumentOutOfRangeException(nameof(cause), cause, null);
        }

        Task AddAsync(TimeSpan delay = default) => actor.AddAsync(Queue, new NewMessage(MessageBody.FromText("a message")) { Delay = delay }).AsTask();

        async Task<Receipt> HoldAsync(TimeSpan lease)
        {
            await AddAsync();
            return (await actor.LeaseAsync([Queue], 1, lease, TimeSpan.Zero)).Single().Receipt;
        }

        async Task<Func<Task>> SettlingAsync(SettleAction action, TimeSpan time = default)
        {
            var receipt = await HoldAsync(Long);
            return async () => (await actor.SettleAsync(new Settlement(receipt, action) { Time = time })).Should().Be(SettleResult.Done);
        }
    }

    private async Task<QueueMessage> WaitAsync(Waiter waiter)
    {
        if (waiter is Waiter.LongPoll or Waiter.LongPollOfSeveral)
        {
            QueueName[] queues = waiter == Waiter.LongPoll ? [Queue] : [TestHosts.NextQueue(), Queue];
            return (await _one.Engine.LeaseAsync(queues, 1, Long, TestHosts.Never)).Single();
        }
        var options = waiter == Waiter.Leased ? new LiveConsumerOptions { Lease = Long, Prefetch = 2 } : new LiveConsumerOptions();
        await using var listener = new Listener((await _one.Engine.SubscribeAsync(Queue, options))!);
        return (await listener.NextAsync()).Message!;
    }

    // Returns the number of queries when the waiter is parked and queries no more. An event during a query would prove
    // nothing. Returns null when the waiter already has the message.
    private async Task<int?> ParkedAsync(Task waiting, int before)
    {
        await Until(() => Looks > before || waiting.IsCompleted);
        for (var (seen, quiet) = (0, 0); quiet < 3;)
        {
            await Task.Delay(10);
            (seen, quiet) = Looks == seen ? (seen, quiet + 1) : (Looks, 0);
        }
        return waiting.IsCompleted ? null : Looks;
    }
}

/// <summary>Runs the tests on the memory store with a fake clock.</summary>
public sealed class MemoryReadinessTests : ReadinessTests
{
    private protected override TestHosts TestHosts { get; } = new MemoryTestHosts();
}

/// <summary>Runs the tests on Redis. Each of the two hosts has its own connection.</summary>
public sealed class RedisReadinessTests(RedisFixture server) : ReadinessTests, IClassFixture<RedisFixture>
{
    private protected override TestHosts TestHosts { get; } = new RedisTestHosts(server);
}
