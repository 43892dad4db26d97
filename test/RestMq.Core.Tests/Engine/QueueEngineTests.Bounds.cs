using RestMq.Hosts;
using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>Verifies what callers cost that name many queues.</summary>
public abstract partial class QueueEngineTests
{
    [Fact]
    public async Task AnyCall_NeverSeenQueues_KeepsFewHubs()
    {
        for (var n = 0; n < 3 * ActiveQueues.MaxIdle; n += 100)
        {
            await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ => await Engine.TakeAsync(TestHosts.NextQueue())));
            await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ => await Engine.SettleAsync(
                new Settlement(new Receipt(new MessageKey(TestHosts.NextQueue(), 1), 0), SettleAction.Ack))));
        }

        await Until(() => Engine.ActiveQueueCount <= ActiveQueues.MaxIdle);
    }

    [Fact]
    public async Task Lease_IdleWaitersOnManyQueues_EachQueueCostsOneLookAPoll()
    {
        const int Waiters = 10, Each = 20;
        var poll = TestHosts.Soon;
        var host = TestHosts.NewHost(options => (options.SlowPoll, options.MaxSlowPoll) = (poll, TimeSpan.Zero));
        var shared = Enumerable.Range(0, Each).Select(_ => TestHosts.NextQueue()).ToArray();
        using var end = new CancellationTokenSource();
        var waiting = new List<Task>();
        for (var n = 0; n < Waiters; n++)
        {
            waiting.Add(await ParkAsync(host, shared, end.Token));
            waiting.Add(await ParkAsync(host, [.. Enumerable.Range(0, Each).Select(_ => TestHosts.NextQueue())], end.Token));
        }
        var before = host.Store.EmptyLooks;
        const int Queues = (Waiters + 1) * Each;

        // A poll comes after 0.75 to 1 times its time. 8 quarters are at most two polls and a part.
        for (var n = 0; n < 8; n++)
        {
            await TestHosts.PassAsync(poll / 4);
            await Task.Delay(20);
        }

        await Until(() => host.Store.EmptyLooks - before >= Queues);
        (host.Store.EmptyLooks - before).Should().BeLessThan(4 * Queues);
        end.Cancel();
        foreach (var wait in waiting) await FluentActions.Awaiting(() => Within(wait)).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Lease_WokenAgainAndAgain_MissesNoMessageOfAnyQueue()
    {
        QueueName[] queues = [.. Enumerable.Range(0, 5).Select(_ => TestHosts.NextQueue())];
        for (var round = 0; round < 40; round++)
        {
            var waiting = WaitAsync(_one, queues);
            // Wake-ups without a message for this waiter, at any moment of its looks.
            await Task.WhenAll(queues.Select(async queue =>
            {
                await Engine.ConfigureAsync(queue, new QueueSettingsChange { MaxReceives = 20 });
                await _two.Engine.ConfigureAsync(queue, new QueueSettingsChange { MaxReceives = 20 });
            }));
            waiting.IsCompleted.Should().BeFalse();

            await _two.Engine.AddAsync(queues[round % 5], Message());

            var message = await OneOf(waiting);
            await Engine.SettleAsync(new Settlement(message.Receipt, SettleAction.Ack));
        }
    }
}
