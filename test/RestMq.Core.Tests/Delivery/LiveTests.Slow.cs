using static RestMq.Deadline;

namespace RestMq.Delivery;

/// <summary>Verifies that a slow consumer costs only a bounded buffer and delays no other consumer.</summary>
public abstract partial class LiveTests
{
    [Theory, InlineData(false), InlineData(true)]
    public async Task Broadcast_SlowConsumer_DelaysNoOtherAndLosesNothing(bool elsewhere)
    {
        await using var slow = await ListenFromNowAsync(_one);
        await using var quick = await ListenFromNowAsync(elsewhere ? _two : _one);

        await AddAsync(900);

        (await quick.IdsAsync(900)).Should().Equal(Numbers(1, 900));
        await Until(() => slow.Waiting == 100);
        await NothingIsLeftAsync();
        (await slow.IdsAsync(900)).Should().Equal(Numbers(1, 900));
        slow.Waiting.Should().Be(0);
    }

    [Fact]
    public async Task Broadcast_SlowConsumerBehindTheHistory_ReportsTheMissedCount()
    {
        await ConfigureAsync(new QueueSettingsChange { History = 200 });
        await using var slow = await ListenFromNowAsync(_one);
        await using var quick = await ListenFromNowAsync(_one);
        await AddAsync(900);
        await quick.IdsAsync(900);

        (await slow.IdsAsync(100)).Should().Equal(Numbers(1, 100));
        var rest = await slow.ReadAsync(200);
        rest.Select(e => e.Message!.Sequence).Should().Equal(Numbers(701, 900));
        rest.Select(e => e.Missed).Should().Equal([600, .. Enumerable.Repeat(0L, 199)]);
    }

    [Fact]
    public async Task Broadcast_AllConsumersSlow_MessagesStayReady()
    {
        var host = TestHosts.NewHost(options => options.ConsumerBuffer = 10);
        await using var one = await ListenFromNowAsync(host);
        await using var other = await ListenFromNowAsync(host);

        await AddAsync(100);

        await Until(() => one.Waiting == 10 && other.Waiting == 10);
        await Until(async () => await Engine.LengthAsync(Queue) == 90);
        (await one.IdsAsync(100)).Should().Equal(Numbers(1, 100));
        (await other.IdsAsync(100)).Should().Equal(Numbers(1, 100));
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Buffer_ReadButUndeliveredMessages_CountAsBuffered()
    {
        var host = TestHosts.NewHost(options => options.ConsumerBuffer = 10);
        await using var listener = await ListenFromNowAsync(host);
        await AddAsync(15);

        var read = new List<QueueMessage>();
        for (var n = 0; n < 10; n++) read.Add((await listener.NextAsync(deliver: false)).Message!);
        await Until(async () => await Engine.LengthAsync(Queue) == 5);
        listener.Waiting.Should().Be(0);

        foreach (var message in read) listener.Consumer.Delivered(message);
        (await listener.IdsAsync(5)).Should().Equal(Numbers(11, 15));
    }

    [Fact]
    public async Task Buffer_LargeBroadcastMessages_AreBoundedByBytes()
    {
        await using var slow = await ListenFromNowAsync(_one);
        await using var quick = await ListenFromNowAsync(_one);

        for (var n = 1; n <= 8; n++)
        {
            await Engine.AddAsync(Queue, Large);
            (await quick.IdsAsync(1)).Should().Equal(n);
        }

        slow.Waiting.Should().Be(2, "two messages are 2 MiB");
        (await slow.IdsAsync(8)).Should().Equal(Numbers(1, 8));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Buffer_LargeRoundRobinMessages_AreBoundedByBytes(bool theySettle)
    {
        var options = theySettle ? new LiveConsumerOptions { Lease = TimeSpan.FromMinutes(1), Prefetch = 100 } : FromNow;
        await ConfigureAsync(QueuePolicy.RoundRobin);
        await using var slow = await ListenAsync(_one, options);
        await using var quick = await ListenAsync(_one, options);
        for (var n = 0; n < 40; n++) await _two.Engine.AddAsync(Queue, Large);

        for (var n = 0; n < 38; n++)
        {
            var message = (await quick.MessagesAsync(1))[0];
            if (theySettle) await Engine.SettleAsync(new Settlement(message.Receipt, SettleAction.Ack));
        }

        slow.Waiting.Should().Be(2, "two messages are 2 MiB");
    }

    [Fact]
    public async Task Broadcast_ManyConsumersCatchUp_TheFrontMovesOn()
    {
        const int Many = 50;
        var host = TestHosts.NewHost(options => options.ConsumerBuffer = 10);
        await using var quick = await ListenFromNowAsync(host);
        var slow = new Listener[Many];
        for (var i = 0; i < Many; i++) slow[i] = await ListenFromNowAsync(host);
        await AddAsync(30);
        await quick.IdsAsync(30);
        await Until(() => slow.All(listener => listener.Waiting == 10));
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Store.Gate = opened.Task;
        foreach (var listener in slow) await listener.IdsAsync(10);
        var before = host.Store.Broadcasts.Count;

        opened.SetResult();

        foreach (var listener in slow) (await listener.IdsAsync(20)).Should().Equal(Numbers(11, 30));
        var (longest, reads) = (0, 0);
        foreach (var request in host.Store.Broadcasts.Skip(before))
        {
            reads = request.Move == 0 ? reads + 1 : 0;
            longest = Math.Max(longest, reads);
        }
        longest.Should().BeInRange(1, 20, "steps of the front come between the catch-up reads");
    }

    [Fact]
    public async Task Broadcast_ManyConsumersBehindTheHistory_CostNoStepsUntilTheyRead()
    {
        const int Many = 50;
        var host = TestHosts.NewHost(options => options.ConsumerBuffer = 10);
        await ConfigureAsync(new QueueSettingsChange { History = 0 });
        await using var quick = await ListenFromNowAsync(host);
        var slow = new Listener[Many];
        for (var i = 0; i < Many; i++) slow[i] = await ListenFromNowAsync(host);
        await AddAsync(30);
        await quick.IdsAsync(30);
        await Until(() => slow.All(listener => listener.Waiting == 10));

        var before = host.Store.Steps;

        foreach (var listener in slow) await listener.IdsAsync(1);

        await SleepsAsync(host);
        (host.Store.Steps - before)
            .Should().BeLessThan(10 * Many, "each consumer is tried once for each message it has read");
        foreach (var listener in slow)
        {
            (await listener.IdsAsync(9)).Should().Equal(Numbers(2, 10));
            (await listener.NextAsync()).Should().Be(new LiveEvent(null, 20));
        }
    }

    [Fact]
    public async Task Broadcast_LargeMessagesWithoutHistory_AreAllDelivered()
    {
        await ConfigureAsync(new QueueSettingsChange { History = 0 });
        for (var n = 0; n < 8; n++) await Engine.AddAsync(Queue, Large);

        await using var listener = await ListenAsync(_one);

        (await listener.IdsAsync(8)).Should().Equal(Numbers(1, 8));
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(0), InlineData(8)]
    public async Task Broadcast_MoreThanAStepWithoutHistory_MissesNothing(int small)
    {
        await ConfigureAsync(new QueueSettingsChange { History = 0 });
        await AddAsync(small);
        for (var n = small; n < 40; n++) await Engine.AddAsync(Queue, Large);

        await using var listener = await ListenAsync(_one);

        (await listener.IdsAsync(40)).Should().Equal(Numbers(1, 40));
        await NothingIsLeftAsync();
    }

    private static NewMessage Large => new(MessageBody.FromBytes(new byte[1024 * 1024]));
}
