using RestMq.Delivery;
using RestMq.Redis;
using static RestMq.Deadline;

namespace RestMq.Daemons;

/// <summary>
/// Every cause of readiness wakes every kind of waiter, on its own daemon and on another. The slow poll of these daemons comes long after the
/// deadline of a test, and each waiter has stopped looking before the cause comes, so who is served here was woken.
/// </summary>
public abstract class ReadinessTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private Daemon _one = null!;
    private Daemon _two = null!;

    /// <summary>What makes a message ready.</summary>
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

    /// <summary>Who waits for it.</summary>
    public enum Waiter
    {
        LongPoll,
        LongPollOfSeveral,
        Broadcast,
        RoundRobin,
        Leased,
    }

    private protected abstract Stage Stage { get; }

    private protected QueueName Queue { get; } = Stage.NextQueue();

    public static TheoryData<Cause, Waiter, bool> All()
    {
        var data = new TheoryData<Cause, Waiter, bool>();
        foreach (var cause in Enum.GetValues<Cause>())
        {
            foreach (var waiter in Enum.GetValues<Waiter>())
            {
                // A stopped queue can be taken from, so a start is no news to a long poll.
                if (cause == Cause.Start && waiter is Waiter.LongPoll or Waiter.LongPollOfSeveral) continue;
                data.Add(cause, waiter, false);
                data.Add(cause, waiter, true);
            }
        }
        return data;
    }

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

    [Theory]
    [MemberData(nameof(All))]
    public async Task Every_cause_wakes_every_waiter(Cause cause, Waiter waiter, bool elsewhere)
    {
        var actor = (elsewhere ? _two : _one).Engine;
        await actor.ConfigureAsync(Queue, new QueueSettingsChange { Policy = waiter == Waiter.RoundRobin ? QueuePolicy.RoundRobin : QueuePolicy.Broadcast });
        var (act, waiting, looks) = await WaitForItAsync();
        // A busy machine may be slower than a cause that is a time, and the waiter finds it there: then once more.
        for (var tries = 1; looks is null && tries < 10; tries++) (act, waiting, looks) = await WaitForItAsync();
        looks.Should().NotBeNull("the waiter waits");

        await act();

        (await Stage.PassUntilAsync(waiting)).Body.ToString().Should().Be("a message");
        // It looked because there was something to see, not again and again.
        (Looks - looks!.Value).Should().BeLessThan(10);

        async Task<(Func<Task> Act, Task<QueueMessage> Waiting, int? Looks)> WaitForItAsync()
        {
            var cameBy = await PrepareAsync(cause, actor);
            var before = Looks;
            var begun = WaitAsync(waiter);
            return (cameBy, begun, await ParkedAsync(begun, before));
        }
    }

    // A hint, and in memory nothing else: there no time passes, so the pump does not come to ask for itself.
    [Theory]
    [InlineData("ack", false), InlineData("bury", false), InlineData("release", false), InlineData("purge", false)]
    [InlineData("ack", true), InlineData("bury", true), InlineData("release", true), InlineData("purge", true)]
    public async Task Every_end_of_a_hand_out_makes_room_in_the_stream_that_held_it(string end, bool elsewhere)
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

    // Brings the queue to where the cause can come, and returns the cause.
    private async Task<Func<Task>> PrepareAsync(Cause cause, IQueueEngine actor)
    {
        switch (cause)
        {
            case Cause.Add:
                return () => AddAsync();
            case Cause.DelayOver:
                return () => AddAsync(Stage.Soon);
            case Cause.DelayOverThatWasThere:
                await AddAsync(Stage.Soon);
                return () => Task.CompletedTask;
            case Cause.LeaseOver:
                await HoldAsync(Stage.Soon);
                return () => Task.CompletedTask;
            case Cause.LeaseCutShort:
                return await SettlingAsync(SettleAction.Extend, Stage.Soon);
            case Cause.Release:
                return await SettlingAsync(SettleAction.Release);
            case Cause.ReleaseOver:
                return await SettlingAsync(SettleAction.Release, Stage.Soon);
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
            QueueName[] queues = waiter == Waiter.LongPoll ? [Queue] : [Stage.NextQueue(), Queue];
            return (await _one.Engine.LeaseAsync(queues, 1, Long, Stage.Never)).Single();
        }
        var options = waiter == Waiter.Leased ? new LiveConsumerOptions { Lease = Long, Prefetch = 2 } : new LiveConsumerOptions();
        await using var listener = new Listener((await _one.Engine.SubscribeAsync(Queue, options))!);
        return (await listener.NextAsync()).Message!;
    }

    // Returns when the waiter has looked and does so no more: a cause that came while it still looked would prove nothing. Null when it came.
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

/// <summary>On memory, whose time is ours.</summary>
public sealed class MemoryReadinessTests : ReadinessTests
{
    private protected override Stage Stage { get; } = new MemoryStage();
}

/// <summary>On Redis: two daemons have two connections.</summary>
[Collection(RedisCollection.Name)]
public sealed class RedisReadinessTests(RedisFixture server) : ReadinessTests
{
    private protected override Stage Stage { get; } = new RedisStage(server);
}
