using RestMq.Hosts;
using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>Verifies how a long poll begins and ends.</summary>
public abstract partial class QueueEngineTests
{
    [Fact]
    public async Task Lease_WithoutWait_ReturnsAtOnce()
    {
        (await Engine.LeaseAsync([Queue, TestHosts.NextQueue()], 10, Long, TimeSpan.Zero)).Should().BeEmpty();
        (await Engine.TakeAsync(Queue)).Should().BeNull();
    }

    [Fact]
    public async Task Lease_WaitExpires_ReturnsNothing()
    {
        var waiting = Engine.LeaseAsync([Queue], 1, Long, TestHosts.Soon).AsTask();

        (await TestHosts.PassUntilAsync(waiting)).Should().BeEmpty();
        await Engine.AddAsync(Queue, Message());
        (await LeaseOneAsync()).DeliveryCount.Should().Be(1, "the long poll has ended");
    }

    [Fact]
    public async Task Lease_SeveralMessages_ReturnsUpToTheCount()
    {
        await Engine.AddAsync(Queue, Messages(5));

        (await Engine.LeaseAsync([Queue], 3, Long, TestHosts.Never)).Select(message => message.Key.Id).Should().Equal(1, 2, 3);
        (await Engine.LeaseAsync([Queue], 3, Long, TestHosts.Never)).Select(message => message.Key.Id).Should().Equal(4, 5);
    }

    [Fact]
    public async Task Lease_SeveralQueues_AreTriedInOrder()
    {
        var second = TestHosts.NextQueue();
        await Engine.AddAsync(second, Message("in the second"));
        await Engine.AddAsync(Queue, Message("in the first"));

        foreach (var text in new[] { "in the first", "in the second" })
            (await OneOf(WaitAsync(_one, [Queue, second]))).Body.ToString().Should().Be(text);
    }

    [Theory, InlineData(false, 0), InlineData(true, 0), InlineData(false, 1), InlineData(true, 1)]
    public async Task Lease_WaitingOnSeveralQueues_IsWokenByAny(bool elsewhere, int which)
    {
        QueueName[] queues = [Queue, TestHosts.NextQueue()];
        var waiting = await ParkAsync(_one, queues);

        await Actor(elsewhere).AddAsync(queues[which], Message());

        (await OneOf(waiting)).Key.Queue.Should().Be(queues[which]);
        await Actor(elsewhere).AddAsync(queues[1 - which], Message("for another waiter"));
        (await Engine.TakeAsync(queues[1 - which]))!.DeliveryCount.Should().Be(1, "the waiter has left the other queue too");
    }

    [Fact]
    public async Task Wake_WaiterLeasesFromAnotherQueue_PassesToTheNextWaiter()
    {
        var before = TestHosts.NextQueue();
        var both = await ParkAsync(_one, [before, Queue]);
        var next = await ParkAsync();
        _one.Store.LosesWakeUps = queue => queue == before;
        await Engine.AddAsync(before, Message("comes first, unheard"));

        await Engine.AddAsync(Queue, Message("is heard"));

        (await OneOf(both)).Key.Queue.Should().Be(before);
        (await OneOf(next)).Body.ToString().Should().Be("is heard");
    }

    [Fact]
    public async Task Lease_WaiterCancelsAfterItFoundAMessage_GivesTheMessageBack()
    {
        using var cancel = new CancellationTokenSource();
        var waiting = await ParkAsync(cancel.Token);
        var reply = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (_one.Store.LeaseReplyGate, var looks) = (reply.Task, _one.Store.FullLooks);
        await _two.Engine.AddAsync(Queue, Message());
        await Until(() => _one.Store.FullLooks > looks);

        await cancel.CancelAsync();
        reply.SetResult();

        await Within(FluentActions.Awaiting(() => waiting).Should().ThrowAsync<OperationCanceledException>());
        (await LeaseOneAsync()).DeliveryCount.Should().Be(1, "no consumer has seen the message");
    }

    [Fact]
    public async Task Lease_WaiterCancels_LeavesTheMessageToTheNext()
    {
        using var cancel = new CancellationTokenSource();
        var gone = await ParkAsync(cancel.Token);
        var next = await ParkAsync();

        cancel.Cancel();
        await FluentActions.Awaiting(() => Within(gone)).Should().ThrowAsync<OperationCanceledException>();
        await Engine.AddAsync(Queue, Message());

        (await OneOf(next)).DeliveryCount.Should().Be(1);
    }

    [Fact]
    public async Task Lease_CancelledBeforeItBegins_LeasesNothing()
    {
        await Engine.AddAsync(Queue, Message());

        await FluentActions.Awaiting(() => Within(WaitAsync(new CancellationToken(true)))).Should().ThrowAsync<OperationCanceledException>();

        (await LeaseOneAsync()).DeliveryCount.Should().Be(1);
    }

    [Fact]
    public async Task Lease_CancelRacingAdd_NeitherLosesNorCountsTheMessage()
    {
        for (var round = 0; round < 60; round++)
        {
            using var cancel = new CancellationTokenSource();
            var fickle = await ParkAsync(cancel.Token);
            var next = WaitAsync(_two, [Queue]);

            // The add and the cancellation run at almost the same time. Their order varies by round.
            var adding = Task.Run(async () => await Engine.AddAsync(Queue, Message()));
            for (var spin = 0; spin < round * 20 && !adding.IsCompleted; spin++) Thread.SpinWait(50);
            cancel.Cancel();
            await adding;

            QueueMessage message;
            try
            {
                message = (await Within(fickle)).Single();
                await Engine.AddAsync(Queue, Message("for the other"));
                await Engine.SettleAsync(new Settlement((await OneOf(next)).Receipt, SettleAction.Ack));
            }
            catch (OperationCanceledException)
            {
                message = await OneOf(next);
            }
            message.DeliveryCount.Should().Be(1);
            (await Engine.SettleAsync(new Settlement(message.Receipt, SettleAction.Ack))).Should().Be(SettleResult.Done);
        }
        (await Engine.StatsAsync(Queue)).Total.Should().Be(0);
    }
}
