using RestMq.Hosts;
using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>
/// Verifies many waiters and lost wake-ups. <see cref="ReadinessTests"/> verifies that every event wakes every kind of
/// waiter.
/// </summary>
public abstract partial class QueueEngineTests
{
    [Fact]
    public async Task Wake_TwoDelays_WakesOneWaiterAtEachDueTime()
    {
        var (first, second) = (await ParkAsync(), await ParkAsync());
        await Engine.AddAsync(Queue, Message("far", 2 * TestHosts.Soon));
        await Engine.AddAsync(Queue, Message("near", TestHosts.Soon));

        var sooner = await TestHosts.PassUntilAsync(Task.WhenAny(first, second));
        (await OneOf(sooner)).Body.ToString().Should().Be("near");
        var later = sooner == first ? second : first;
        later.IsCompleted.Should().BeFalse();
        (await OneOf(TestHosts.PassUntilAsync(later))).Body.ToString().Should().Be("far");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Wake_AddAfterPurge_WakesTheWaiter(bool elsewhere)
    {
        await Engine.AddAsync(Queue, Message("purged"));
        await LeaseOneAsync();
        var waiting = await ParkAsync();

        await Actor(elsewhere).DeleteQueueAsync(Queue);
        await Actor(elsewhere).AddAsync(Queue, Message("new"));

        (await OneOf(waiting)).Body.ToString().Should().Be("new");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Wake_TwoHundredWaitersAndMessages_EachGetsOne(bool atOnce)
    {
        // The waiters are on both hosts, and one wake-up must reach all of them.
        var waiting = Enumerable.Range(0, 200).Select(n => WaitAsync(n % 2 == 0 ? _one : _two, [Queue])).ToArray();
        await Until(() => _one.Store.EmptyLooks >= 200 && _two.Store.EmptyLooks >= 200);

        if (atOnce) await _two.Engine.AddAsync(Queue, Messages(200));
        else await Task.WhenAll(Messages(200).Select(async message => await _two.Engine.AddAsync(Queue, message)));

        var got = (await Within(Task.WhenAll(waiting))).SelectMany(messages => messages).ToArray();
        got.Select(message => message.Key.Id).Should().BeEquivalentTo(Enumerable.Range(1, 200));
        got.Should().OnlyContain(message => message.DeliveryCount == 1);
        (await Engine.StatsAsync(Queue)).Leased.Should().Be(200);
    }

    [Fact]
    public async Task SlowPoll_WakeUpLost_FindsTheMessage()
    {
        var deaf = TestHosts.NewHost(options => options.SlowPoll = TestHosts.Soon);
        deaf.Store.LosesWakeUps = _ => true;
        var waiting = await ParkAsync(deaf, [Queue]);

        await Engine.AddAsync(Queue, Message("unheard"));

        (await OneOf(TestHosts.PassUntilAsync(waiting))).Body.ToString().Should().Be("unheard");
    }
}
