using RestMq.Daemons;
using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>How a wait begins and ends.</summary>
public abstract partial class QueueEngineTests
{
    [Fact]
    public async Task Without_a_wait_the_answer_comes_at_once()
    {
        (await Engine.LeaseAsync([Queue, Stage.NextQueue()], 10, Long, TimeSpan.Zero)).Should().BeEmpty();
        (await Engine.TakeAsync(Queue)).Should().BeNull();
    }

    [Fact]
    public async Task A_wait_that_is_over_answers_with_nothing()
    {
        var waiting = Engine.LeaseAsync([Queue], 1, Long, Stage.Soon).AsTask();

        (await Stage.PassUntilAsync(waiting)).Should().BeEmpty();
        await Engine.AddAsync(Queue, Message());
        (await LeaseOneAsync()).Count.Should().Be(1, "nobody waits any more");
    }

    [Fact]
    public async Task A_waiter_gets_up_to_as_many_as_it_asked_for()
    {
        await Engine.AddAsync(Queue, Messages(5));

        (await Engine.LeaseAsync([Queue], 3, Long, Stage.Never)).Select(message => message.Key.Id).Should().Equal(1, 2, 3);
        (await Engine.LeaseAsync([Queue], 3, Long, Stage.Never)).Select(message => message.Key.Id).Should().Equal(4, 5);
    }

    [Fact]
    public async Task Several_queues_are_asked_in_order()
    {
        var second = Stage.NextQueue();
        await Engine.AddAsync(second, Message("in the second"));
        await Engine.AddAsync(Queue, Message("in the first"));

        foreach (var text in new[] { "in the first", "in the second" })
            (await OneOf(WaitAsync(_one, [Queue, second]))).Body.ToString().Should().Be(text);
    }

    [Theory, InlineData(false, 0), InlineData(true, 0), InlineData(false, 1), InlineData(true, 1)]
    public async Task One_who_waits_for_several_queues_is_woken_by_any(bool elsewhere, int which)
    {
        QueueName[] queues = [Queue, Stage.NextQueue()];
        var waiting = await ParkAsync(_one, queues);

        await Actor(elsewhere).AddAsync(queues[which], Message());

        (await OneOf(waiting)).Key.Queue.Should().Be(queues[which]);
        await Actor(elsewhere).AddAsync(queues[1 - which], Message("for somebody else"));
        (await Engine.TakeAsync(queues[1 - which]))!.Count.Should().Be(1, "it has left the other queue too");
    }

    [Fact]
    public async Task One_who_was_woken_by_a_queue_and_takes_from_another_leaves_the_first_to_the_next()
    {
        var before = Stage.NextQueue();
        var both = await ParkAsync(_one, [before, Queue]);
        var next = await ParkAsync();
        _one.Store.LosesHints = queue => queue == before;
        await Engine.AddAsync(before, Message("comes first, unheard"));

        await Engine.AddAsync(Queue, Message("is heard"));

        (await OneOf(both)).Key.Queue.Should().Be(before);
        (await OneOf(next)).Body.ToString().Should().Be("is heard");
    }

    [Fact]
    public async Task One_who_cancels_leaves_the_message_to_the_next()
    {
        using var cancel = new CancellationTokenSource();
        var gone = await ParkAsync(cancel.Token);
        var next = await ParkAsync();

        cancel.Cancel();
        await FluentActions.Awaiting(() => Within(gone)).Should().ThrowAsync<OperationCanceledException>();
        await Engine.AddAsync(Queue, Message());

        (await OneOf(next)).Count.Should().Be(1);
    }

    [Fact]
    public async Task One_who_cancels_before_it_begins_gets_nothing()
    {
        await Engine.AddAsync(Queue, Message());

        await FluentActions.Awaiting(() => Within(WaitAsync(new CancellationToken(true)))).Should().ThrowAsync<OperationCanceledException>();

        (await LeaseOneAsync()).Count.Should().Be(1);
    }

    [Fact]
    public async Task Whenever_a_waiter_cancels_its_message_is_neither_lost_nor_counted()
    {
        for (var round = 0; round < 60; round++)
        {
            using var cancel = new CancellationTokenSource();
            var fickle = await ParkAsync(cancel.Token);
            var next = WaitAsync(_two, [Queue]);

            // One in a moment of the other's, now this one first and now that one.
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
            message.Count.Should().Be(1);
            (await Engine.SettleAsync(new Settlement(message.Receipt, SettleAction.Ack))).Should().Be(SettleResult.Done);
        }
        (await Engine.StatsAsync(Queue)).Total.Should().Be(0);
    }
}
