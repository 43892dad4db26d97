using RestMq.Hosts;
using static RestMq.Deadline;

namespace RestMq.Delivery;

/// <summary>Verifies that every live consumer gets every message once and in order.</summary>
public abstract partial class LiveTests
{
    [Fact]
    public async Task Broadcast_ConsumersOnTwoHosts_EachReceiveEveryMessageOnceInOrder()
    {
        const int Each = 300;
        Listener[] listeners =
        [
            await ListenFromNowAsync(_one), await ListenFromNowAsync(_one), await ListenFromNowAsync(_two), await ListenFromNowAsync(_two),
        ];
        var reading = listeners.Select(listener => listener.MessagesAsync(2 * Each)).ToArray();

        await Task.WhenAll(AddOneByOneAsync(_one), AddOneByOneAsync(_two));

        var got = await Within(Task.WhenAll(reading));
        got.Should().AllSatisfy(messages =>
        {
            messages.Select(message => message.Sequence).Should().Equal(Numbers(1, 2 * Each));
            messages.Should().OnlyContain(message => message.DeliveryCount == 1);
            messages.Select(message => message.Key.Id).Should().Equal(Numbers(1, 2 * Each));
            foreach (var host in new[] { "host 0", "host 1" })
            {
                messages.Select(message => message.Body.ToString().Split(": ")).Where(parts => parts[0] == host).Select(parts => int.Parse(parts[1]))
                    .Should().BeInAscendingOrder("messages of one producer keep their order");
            }
        });
        await NothingIsLeftAsync();
        listeners.Should().OnlyContain(listener => listener.Waiting == 0);

        async Task AddOneByOneAsync(TestHost host)
        {
            for (var n = 1; n <= Each; n++)
                await host.Engine.AddAsync(Queue, new NewMessage(MessageBody.FromText($"host {(host == _one ? 0 : 1)}: {n}")));
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Subscribe_UnknownQueue_ReceivesItsFirstMessage(bool elsewhere)
    {
        await using var listener = await ListenAsync(_one);
        (await Engine.ListAllAsync().ToListAsync()).Should().NotContain(Queue);

        await AddAsync(1, elsewhere ? _two : _one);

        (await listener.IdsAsync(1)).Should().Equal(1);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Subscribe_FirstConsumer_ReceivesTheBacklog()
    {
        await AddAsync(2500);
        await using var listener = await ListenAsync(_one);

        (await listener.IdsAsync(2500)).Should().Equal(Numbers(1, 2500));
        await NothingIsLeftAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Subscribe_LaterConsumer_ReceivesOnlyNewMessages(bool elsewhere)
    {
        await AddAsync(20);
        await using var first = await ListenAsync(_one);
        await first.IdsAsync(20);
        await using var later = await ListenFromNowAsync(elsewhere ? _two : _one);

        await AddAsync(3);

        (await later.IdsAsync(3)).Should().Equal(21, 22, 23);
        (await first.IdsAsync(3)).Should().Equal(21, 22, 23);
    }

    [Fact]
    public async Task Subscribe_AfterDeliveriesOnAnotherHost_ReceivesOnlyNewMessages()
    {
        var first = await ListenFromNowAsync(_one);
        await AddAsync(2);
        await first.IdsAsync(2);
        await first.DisposeAsync();
        await using var elsewhere = await ListenFromNowAsync(_two);
        await AddAsync(5);
        await elsewhere.IdsAsync(5);

        await using var second = await ListenFromNowAsync(_one);
        await AddAsync(1);

        (await second.IdsAsync(1)).Should().Equal(8);
    }

    [Fact]
    public async Task Broadcast_NoConsumer_MessagesStayReady()
    {
        var first = await ListenFromNowAsync(_one);
        await AddAsync(1);
        await first.IdsAsync(1);
        await first.DisposeAsync();

        await AddAsync(3);

        (await Engine.StatsAsync(Queue)).Ready.Should().Be(3);
        await using var next = await ListenAsync(_two);
        (await next.IdsAsync(3)).Should().Equal(2, 3, 4);
    }

    [Fact]
    public async Task Unsubscribe_DuringABroadcastStep_ReceivesNothingMore()
    {
        var last = await ListenFromNowAsync(_one);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = _one.Store.StepsBegun;
        _one.Store.Gate = gate.Task;
        await ConfigureAsync(new QueueSettingsChange { MaxReceives = 7 }); // The change wakes the pump.
        await Until(() => _one.Store.StepsBegun > begun);

        var leaving = last.DisposeAsync().AsTask();
        leaving.IsCompleted.Should().BeFalse("the step in progress counted on this consumer's buffer");
        gate.SetResult();
        await Within(leaving);
        await AddAsync(1);

        (await Engine.StatsAsync(Queue)).Ready.Should().Be(1);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Broadcast_DelayedMessage_IsDeliveredWhenDue(bool elsewhere)
    {
        await using var listener = await ListenFromNowAsync(_one);

        await (elsewhere ? _two : _one).Engine.AddAsync(Queue, new NewMessage(MessageBody.FromText("later")) { Delay = TestHosts.Soon });

        (await TestHosts.PassUntilAsync(listener.IdsAsync(1))).Should().Equal(1);
    }

    [Fact]
    public async Task Broadcast_StoreUnavailableForAWhile_LosesNothing()
    {
        await using var listener = await ListenFromNowAsync(_one);
        _one.Store.IsUnavailable = true;
        await AddAsync(5, _two);
        await Until(() => _one.Store.Refusals > 0);
        _one.Store.LosesWakeUps = _ => true;
        await AddAsync(1, _two);
        _one.Store.IsUnavailable = false;

        (await PassASecondUntilAsync(listener.IdsAsync(6))).Should().Equal(Numbers(1, 6));
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task Broadcast_LostReplies_LoseNoMessage(int replies)
    {
        await AddAsync(250);
        await ConfigureAsync(new QueueSettingsChange { Stopped = true });
        await using var listener = await ListenAsync(_one);
        _one.Store.LoseReplies(replies);

        await ConfigureAsync(new QueueSettingsChange { Stopped = false });

        (await PassASecondUntilAsync(listener.IdsAsync(250))).Should().Equal(Numbers(1, 250));
        await NothingIsLeftAsync();
    }

    // After a failure, live delivery pauses for one second.
    private async Task<T> PassASecondUntilAsync<T>(Task<T> task)
    {
        for (var steps = 0; steps < 400 && !task.IsCompleted; steps++)
        {
            await TestHosts.PassAsync(TimeSpan.FromMilliseconds(20));
            await Task.Delay(1);
        }
        return await Within(task);
    }
}
