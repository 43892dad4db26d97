using static RestMq.Deadline;

namespace RestMq.Delivery;

/// <summary>Verifies acknowledged streams, whose messages are leased until they are settled.</summary>
public abstract partial class LiveTests
{
    [Fact]
    public async Task Unsubscribe_WakeUpOfAnEarlierReturnIsLate_ReturnsTheMessagesAgain()
    {
        var options = new LiveConsumerOptions { Lease = TimeSpan.FromHours(1), Prefetch = 10 };
        await AddAsync(3);
        var first = await ListenAsync(_one, options);
        await Until(() => first.Waiting == 3);
        var late = new TaskCompletionSource();
        _one.Store.WakeUpGate = late.Task;
        await first.DisposeAsync();

        // The deliveries to the first consumer did not count, so the next consumer gets the same receipts.
        var next = await ListenAsync(_one, options);
        await Until(() => next.Waiting == 3 && _one.Store.LateWakeUps > 0);
        late.SetResult();
        await next.DisposeAsync();

        var stats = await Engine.StatsAsync(Queue);
        (stats.Ready, stats.Leased).Should().Be((3, 0));
    }
}
