using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>Verifies that calls and waits fail while the store is unavailable, and work again afterwards.</summary>
public abstract partial class QueueEngineTests
{
    [Fact]
    public async Task StoreUnavailable_AnyCall_ThrowsUnavailable()
    {
        var receipt = new Receipt(new MessageKey(Queue, 1), 1);
        var consumer = new LiveConsumerOptions();
        Func<Task>[] calls =
        [
            async () => await Engine.AddAsync(Queue, Message()),
            async () => await Engine.AddAsync(Queue, Messages(2)),
            async () => await Engine.PeekHeadAsync(Queue),
            async () => await Engine.TakeAsync(Queue),
            async () => await WaitAsync(),
            async () => await Engine.SettleAsync(new Settlement(receipt, SettleAction.Ack)),
            async () => await Engine.SettleAsync(Queue, [new Settlement(receipt, SettleAction.Ack)]),
            async () => await Engine.PeekAsync(receipt.Key),
            async () => await Engine.BrowseAsync(Queue, MessageState.Ready, 10),
            async () => await Engine.LengthAsync(Queue),
            async () => await Engine.DeleteQueueAsync(Queue),
            async () => await Engine.ListAsync(),
            async () => await Engine.GetSettingsAsync(Queue),
            async () => await Engine.ConfigureAsync(Queue, new QueueSettingsChange { History = 1 }),
            async () => await Engine.RedriveAsync(Queue),
            async () => await Engine.StatsAsync(Queue),
            async () => await Engine.SubscribeAsync(Queue, consumer),
        ];

        _one.Store.IsUnavailable = true;
        foreach (var call in calls) await IsTold(call());

        _one.Store.IsUnavailable = false;
        (await Engine.AddAsync(Queue, Message())).Status.Should().Be(AddStatus.Added);
        (await Engine.TakeAsync(Queue))!.Key.Id.Should().Be(1, "no message was added while the store was unavailable");
        await using var live = await Engine.SubscribeAsync(Queue, consumer);
        live.Should().NotBeNull();
    }

    [Fact]
    public async Task StoreUnavailable_WhileCallersWait_FailsThemAll()
    {
        var waiting = new List<Task>();
        for (var n = 0; n < 5; n++) waiting.Add(await ParkAsync());

        _one.Store.IsUnavailable = true;
        await _two.Engine.AddAsync(Queue, Message());
        foreach (var waiter in waiting) await IsTold(waiter);

        _one.Store.IsUnavailable = false;
        (await OneOf(WaitAsync())).DeliveryCount.Should().Be(1);
    }

    [Fact]
    public async Task Wake_WaiterFailsOnTheStore_PassesToTheNextWaiter()
    {
        // The first waiter is woken, but its lease fails. The store is back when the second waiter leases.
        var first = await ParkAsync();
        var second = await ParkAsync();
        _one.Store.FailLeases(1);

        await Engine.AddAsync(Queue, Message());

        await IsTold(first);
        (await OneOf(second)).DeliveryCount.Should().Be(1);
    }

    [Fact]
    public async Task Listen_FailsOnce_FailsThatWaiterOnly()
    {
        _one.Store.FailListening(1);
        await IsTold(WaitAsync());

        var waiting = await ParkAsync();
        await _two.Engine.AddAsync(Queue, Message());

        (await OneOf(waiting)).DeliveryCount.Should().Be(1);
    }

    [Fact]
    public async Task Listen_Fails_FailsAllConcurrentSubscribersAtOnce()
    {
        var gate = new TaskCompletionSource();
        _one.Store.ListeningGate = gate.Task;
        _one.Store.FailListening(1);
        var streams = Enumerable.Range(0, 5).Select(_ => Engine.SubscribeAsync(Queue, new LiveConsumerOptions()).AsTask()).ToArray();
        await Until(() => _one.Store.Listenings == 1);

        gate.SetResult();

        foreach (var stream in streams) await IsTold(stream);
        _one.Store.Listenings.Should().Be(1);
        await using var next = await Engine.SubscribeAsync(Queue, new LiveConsumerOptions());
        next.Should().NotBeNull();
    }

    [Fact]
    public async Task Listen_OneSubscriberCancels_OthersStillSubscribe()
    {
        var gate = new TaskCompletionSource();
        _one.Store.ListeningGate = gate.Task;
        using var impatience = new CancellationTokenSource();
        var first = Engine.SubscribeAsync(Queue, new LiveConsumerOptions(), impatience.Token).AsTask();
        var second = Engine.SubscribeAsync(Queue, new LiveConsumerOptions()).AsTask();
        await Until(() => _one.Store.Listenings == 1);

        await impatience.CancelAsync();
        await FluentActions.Awaiting(() => Within(first)).Should().ThrowAsync<OperationCanceledException>();
        gate.SetResult();

        await using var consumer = await Within(second);
        consumer.Should().NotBeNull();
    }

    [Fact]
    public async Task Take_AckReplyLost_ReturnsTheMessage()
    {
        await Engine.AddAsync(Queue, Messages(2));
        _one.Store.LoseSettlements(1);

        (await Engine.TakeAsync(Queue))!.Key.Id
            .Should().Be(1, "the message was deleted, so no other consumer will get it");

        (await Engine.StatsAsync(Queue)).Total.Should().Be(1);
    }

    private static async Task IsTold(Task call) =>
        await FluentActions.Awaiting(() => Within(call)).Should().ThrowAsync<RestMqUnavailableException>();
}
