using System.Diagnostics;
using static RestMq.EndToEnd.Streams.Readers.LiveActions;

namespace RestMq.EndToEnd.Streams;

/// <summary>Tests consumers that do not read, and consumers that are killed while they do not read.</summary>
public abstract partial class LiveContract
{
    // More messages than the buffers of a connection and of a consumer can hold.
    private const int Many = 48;
    private static readonly string Behind = ":" + new string('x', 256 * 1024);

    [Fact]
    public async Task Stream_ConsumerNeverReads_CatchesUpWithoutGap()
    {
        var queue = Host.NextQueue();
        await using var hangs = await OpenAsync(queue, receiveBuffer: 4096);
        await PostPastItAsync(queue);
        (await hangs.NextAsync(Many)).Select(NumberOf).Should().Equal(Enumerable.Range(0, Many));
        await Host.PostAsync(queue, "new");
        (await hangs.NextValuesAsync(1)).Should().Equal("new");
    }

    [Fact]
    public async Task Stream_ConsumerBehindHistory_ReportsMissedCount()
    {
        var queue = Host.NextQueue();
        await Host.SettingAsync(queue, "history=10");
        await using var hangs = await OpenAsync(queue, receiveBuffer: 4096);
        await PostPastItAsync(queue);
        long expected = 0, missed = 0;
        while (expected < Many)
        {
            var item = (await hangs.NextItemAsync())!;
            (missed, expected) = (missed + item.Missed, expected + item.Missed);
            if (item.Kind == ItemKind.Message) NumberOf(item.Json).Should().Be((int)expected++, "each gap has been reported");
        }
        missed.Should().BeGreaterThan(0);
    }

    [Fact]
    public async Task RoundRobin_ConsumerKilled_PassesMessagesToNext()
    {
        var queue = Host.NextQueue();
        await Host.SetPolicyAsync(queue, "roundrobin");
        var dies = await OpenAsync(queue, receiveBuffer: 4096);
        await Host.PostEachAsync(queue, Numbered(Many, Behind));
        (await dies.NextAsync(1)).Select(NumberOf).Should().Equal(0);
        var delivered = 0L;
        await Eventually.TrueAsync(
            async () =>
            {
                delivered = await SettledAsync();
                await Task.Delay(500);
                return delivered == await SettledAsync() && delivered > 0;
            },
            "the buffers of the consumer are full");
        delivered.Should().BeLessThan(Many - 10, "the connection can take no more than its buffers hold");
        dies.Kill();
        await Host.HasConsumersAsync(queue, 0);
        await Host.HasAsync(queue, stats => stats.Number("leased") == 0,
            "the undelivered messages are no longer in flight");

        (await SettledAsync()).Should().Be(delivered, "a message that was being written does not count as delivered");
        await using var next = await OpenAsync(queue);
        (await next.NextAsync(Many - (int)delivered)).Select(NumberOf).Should().Equal(Enumerable.Range((int)delivered, Many - (int)delivered));

        async Task<long> SettledAsync() => (await Host.StatsAsync(queue)).Number("settled");
    }

    /// <summary>Adds many messages while one consumer reads and another does not.</summary>
    private async Task PostPastItAsync(string queue)
    {
        await using var reads = await OpenAsync(queue);
        var reading = Task.Run(() => reads.NextAsync(Many));
        var slowest = TimeSpan.Zero;
        var clock = Stopwatch.StartNew();
        await Host.PostEachAsync(queue, Numbered(Many, Behind), _ =>
        {
            if (clock.Elapsed > slowest) slowest = clock.Elapsed;
            clock.Restart();
            return Task.CompletedTask;
        });
        (await reading).Select(NumberOf).Should().Equal(Enumerable.Range(0, Many));
        slowest.TotalSeconds.Should().BeLessThan(2, "a producer does not wait for consumers");
    }
}
