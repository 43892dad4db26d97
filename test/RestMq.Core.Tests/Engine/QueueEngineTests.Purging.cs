using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>A purge of one place goes by the store's bounded steps until it is done.</summary>
public abstract partial class QueueEngineTests
{
    [Fact]
    public async Task A_purge_of_one_place_deletes_more_than_a_step()
    {
        for (var n = 0; n < 5; n++) await Engine.AddAsync(Queue, Messages(500));
        await LeaseOneAsync();

        (await Engine.PurgeAsync(Queue, MessageState.Ready)).Should().Be(2499);

        var stats = await Engine.StatsAsync(Queue);
        (stats.Ready, stats.Leased, stats.TotalAdded).Should().Be((0, 1, 2500));
    }

    [Fact]
    public async Task A_purge_of_one_place_ends_while_others_add()
    {
        await Engine.AddAsync(Queue, Messages(1000));
        using var over = new CancellationTokenSource();
        var adding = Task.Run(async () =>
        {
            var count = 1000L;
            for (; !over.IsCancellationRequested; count += 1000) await _two.Engine.AddAsync(Queue, Messages(1000));
            return count;
        });

        var purged = await Within(Engine.PurgeAsync(Queue, MessageState.Ready));
        await over.CancelAsync();
        var added = await Within(adding);

        purged.Should().BeGreaterThanOrEqualTo(1000);
        (await Engine.StatsAsync(Queue)).Ready.Should().Be(added - purged);
    }

    [Fact]
    public async Task A_purge_of_one_place_leaves_the_streams()
    {
        await using var consumer = await Engine.SubscribeAsync(Queue, new LiveConsumerOptions());

        await Engine.PurgeAsync(Queue, MessageState.Ready);
        await _two.Engine.AddAsync(Queue, Message("goes on"));

        (await Within(consumer!.Events.ReadAsync())).Message!.Body.ToString().Should().Be("goes on");
    }
}
