using static RestMq.Deadline;

namespace RestMq.Delivery;

/// <summary>
/// Verifies that each message goes to one live consumer in rotation and stays leased until it is delivered.
/// </summary>
public abstract partial class LiveTests
{
    [Fact]
    public async Task RoundRobin_SeveralConsumers_ReceiveInRotation()
    {
        await ConfigureAsync(QueuePolicy.RoundRobin);
        Listener[] listeners = [await ListenFromNowAsync(_one), await ListenFromNowAsync(_one), await ListenFromNowAsync(_one)];

        await AddAsync(9);

        (await listeners[0].IdsAsync(3)).Should().Equal(1, 4, 7);
        (await listeners[1].IdsAsync(3)).Should().Equal(2, 5, 8);
        (await listeners[2].IdsAsync(3)).Should().Equal(3, 6, 9);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task RoundRobin_TwoHosts_EachMessageGoesToOneConsumer()
    {
        await ConfigureAsync(QueuePolicy.RoundRobin);
        Listener[] listeners = [await ListenAsync(_one), await ListenAsync(_one), await ListenAsync(_two), await ListenAsync(_two)];
        var reading = listeners.Select(listener => listener.RestAsync()).ToArray();

        await Task.WhenAll(AddAsync(700, _one), AddAsync(700, _two));
        var added = 1400;
        // One host's pump may be faster for all of these messages, so the test adds more until every consumer got one.
        await Until(async () =>
        {
            if (Array.TrueForAll(listeners, listener => listener.LastId > 0)) return true;
            await AddAsync(20);
            added += 20;
            return false;
        });
        await NothingIsLeftAsync();
        await Engine.DeleteQueueAsync(Queue);

        var got = await Within(Task.WhenAll(reading));
        got.SelectMany(messages => messages).Select(message => message.Key.Id).Should().BeEquivalentTo(Numbers(1, added));
        got.Should().OnlyContain(messages => messages.Count > 0 && messages.All(message => message.DeliveryCount == 1));
        got.Should().AllSatisfy(messages => messages.Select(message => message.Key.Id).Should().BeInAscendingOrder());
    }

    [Fact]
    public async Task RoundRobin_SlowConsumer_HoldsAtMostItsBuffer()
    {
        await ConfigureAsync(QueuePolicy.RoundRobin);
        var slow = await ListenFromNowAsync(_one);
        await using var quick = await ListenFromNowAsync(_one);

        await AddAsync(500);

        await quick.MessagesAsync(490);
        slow.Waiting.Should().Be(10);
        (await Engine.StatsAsync(Queue)).Ready.Should().Be(0);
        await slow.DisposeAsync();
        await quick.MessagesAsync(10);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task RoundRobin_ConsumerLeaves_UndeliveredMessagesReturnToTheHead()
    {
        await ConfigureAsync(QueuePolicy.RoundRobin);
        var listener = await ListenFromNowAsync(_one);
        await AddAsync(6);
        await Until(() => listener.Waiting == 6);
        await listener.MessagesAsync(1);
        await listener.NextAsync(deliver: false);
        await listener.NextAsync(deliver: false);
        await ConfigureAsync(new QueueSettingsChange { Stopped = true });
        await Engine.AddAsync(Queue, new NewMessage(MessageBody.FromText("behind them")));

        await listener.DisposeAsync();

        var back = await Engine.LeaseAsync([Queue], 10, TimeSpan.FromHours(1), TimeSpan.Zero);
        back.Select(message => message.Key.Id).Should().Equal(2, 3, 4, 5, 6, 7);
        back.Select(message => message.DeliveryCount).Should().Equal(2, 2, 1, 1, 1, 1);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task RoundRobin_ConsumerLeaves_AnotherReceivesItsMessages(bool elsewhere)
    {
        await ConfigureAsync(QueuePolicy.RoundRobin);
        var gone = await ListenFromNowAsync(_one);
        await AddAsync(5);
        await Until(() => gone.Waiting == 5);
        await using var next = await ListenFromNowAsync(elsewhere ? _two : _one);

        await gone.DisposeAsync();

        (await next.IdsAsync(5)).Should().Equal(1, 2, 3, 4, 5);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task RoundRobin_NotDeliveredWithinTheLease_IsDeliveredAgain()
    {
        var host = TestHosts.NewHost(options => options.TakeLease = TestHosts.Soon);
        await ConfigureAsync(QueuePolicy.RoundRobin);
        await using var listener = await ListenFromNowAsync(host);
        await AddAsync(1);
        (await listener.NextAsync(deliver: false)).Message!.DeliveryCount.Should().Be(1);

        (await TestHosts.PassUntilAsync(listener.MessagesAsync(1))).Should().ContainSingle().Which.DeliveryCount.Should().Be(2);

        await NothingIsLeftAsync();
    }
}
