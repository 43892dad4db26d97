using static RestMq.Deadline;

namespace RestMq.Delivery;

/// <summary>Verifies that control operations on a queue reach its live consumers on every host.</summary>
public abstract partial class LiveTests
{
    [Theory]
    [InlineData(QueuePolicy.Broadcast, false)]
    [InlineData(QueuePolicy.Broadcast, true)]
    [InlineData(QueuePolicy.RoundRobin, false)]
    [InlineData(QueuePolicy.RoundRobin, true)]
    public async Task Stop_QueueWithLiveConsumer_HoldsMessagesUntilStart(QueuePolicy policy, bool elsewhere)
    {
        var actor = (elsewhere ? _two : _one).Engine;
        await ConfigureAsync(policy);
        await using var listener = await ListenFromNowAsync(_one);
        await actor.ConfigureAsync(Queue, new QueueSettingsChange { Stopped = true });
        await Until(() => _one.Store.StoppedSteps >= 1);

        var steps = _one.Store.StoppedSteps;
        await AddAsync(3);
        await Until(() => _one.Store.StoppedSteps > steps);
        listener.Waiting.Should().Be(0);
        (await Engine.TakeAsync(Queue))!.Key.Id.Should().Be(1, "a take is not affected by a stop");
        (await Engine.LengthAsync(Queue)).Should().Be(2);

        await actor.ConfigureAsync(Queue, new QueueSettingsChange { Stopped = false });
        (await listener.IdsAsync(2)).Should().Equal(2, 3);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Configure_PolicySwitchedUnderLoad_LosesNothing()
    {
        Listener[] listeners = [await ListenFromNowAsync(_one), await ListenFromNowAsync(_one), await ListenFromNowAsync(_two)];
        var reading = listeners.Select(listener => listener.RestAsync()).ToArray();
        var adding = Task.Run(async () =>
        {
            for (var n = 0; n < 100; n++) await AddAsync(10);
        });

        for (var turn = 0; !adding.IsCompleted || turn % 2 != 0; turn++)
        {
            await _two.Engine.ConfigureAsync(Queue, new QueueSettingsChange { Policy = turn % 2 == 0 ? QueuePolicy.RoundRobin : QueuePolicy.Broadcast });
            await Task.Delay(10);
        }
        await Within(adding);
        // The queue has the broadcast policy again. A consumer that has this message also has all messages before it,
        // so the log may be purged.
        await AddAsync(1);
        await Until(() => listeners.All(listener => listener.LastId == 1001));
        await NothingIsLeftAsync();
        await Engine.DeleteQueueAsync(Queue);

        var got = (await Within(Task.WhenAll(reading))).SelectMany(messages => messages).ToArray();
        got.Select(message => message.Key.Id).Distinct().Should().BeEquivalentTo(Numbers(1, 1001));
        got.GroupBy(message => message.Key.Id)
            .Should().OnlyContain(
                copies => copies.Count() == 1 || copies.Count() == 3, "a message goes to one consumer or to all");
    }

    [Theory]
    [InlineData(QueuePolicy.Broadcast, false)]
    [InlineData(QueuePolicy.Broadcast, true)]
    [InlineData(QueuePolicy.RoundRobin, false)]
    [InlineData(QueuePolicy.RoundRobin, true)]
    public async Task Purge_StreamsOnTwoHosts_EndsAllStreams(QueuePolicy policy, bool elsewhere)
    {
        await ConfigureAsync(policy);
        Listener[] listeners = [await ListenFromNowAsync(_one), await ListenFromNowAsync(_one), await ListenFromNowAsync(_two)];
        await AddAsync(6);
        await Until(() => listeners.Sum(listener => listener.Waiting) == (policy == QueuePolicy.Broadcast ? 18 : 6));

        await (elsewhere ? _two : _one).Engine.DeleteQueueAsync(Queue);

        await Within(Task.WhenAll(listeners.Select(listener => listener.RestAsync())));
        await Within(Task.WhenAll(listeners.Select(listener => listener.Ended)));
        foreach (var listener in listeners) await listener.DisposeAsync();
        (await Engine.StatsAsync(Queue)).Total.Should().Be(0);

        await using var next = await ListenFromNowAsync(_one);
        await AddAsync(1);
        (await next.IdsAsync(1)).Should().Equal([7], "the queue is new, and its ids continue");
    }

    [Fact]
    public async Task Dispose_OneHost_EndsOnlyItsStreams()
    {
        var here = await ListenFromNowAsync(_one);
        await using var there = await ListenFromNowAsync(_two);

        await Engine.DisposeAsync();

        await Within(here.Ended);
        await AddAsync(1, _two);
        (await there.IdsAsync(1)).Should().Equal(1);
    }

    [Fact]
    public async Task Subscribe_BeyondMaxConsumers_IsRefused()
    {
        var host = TestHosts.NewHost(options => options.MaxConsumers = 2);
        var first = await ListenAsync(host);
        await using var second = await ListenAsync(host);
        (await host.Engine.SubscribeAsync(Queue, FromNow)).Should().BeNull();
        (await host.Engine.StatsAsync(Queue)).Consumers.Should().Be(2);

        await using var another = await host.Engine.SubscribeAsync(Hosts.TestHosts.NextQueue(), FromNow);
        another.Should().NotBeNull("the limit is per queue");
        await using var elsewhere = await ListenAsync(_two);

        await first.DisposeAsync();
        await first.DisposeAsync();
        (await host.Engine.StatsAsync(Queue)).Consumers.Should().Be(1);
        await using var next = await ListenAsync(host);
        (await host.Engine.SubscribeAsync(Queue, FromNow)).Should().BeNull();
    }
}
