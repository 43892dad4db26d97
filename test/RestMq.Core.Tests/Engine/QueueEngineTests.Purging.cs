using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>A purge of one place, and a redrive of all, go by the store's bounded steps until they are done.</summary>
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

    [Fact]
    public async Task A_redrive_of_all_ends_although_what_it_returns_is_buried_again()
    {
        await Engine.AddAsync(Queue, Messages(250));
        await BuryAllAsync();
        _one.Store.AfterRedrive = BuryAllAsync;

        (await Within(Engine.RedriveAsync(Queue))).Should().Be(300, "it goes by hundreds, and 250 were dead when it was asked");

        (await Engine.StatsAsync(Queue)).Dead.Should().Be(250);
    }

    private async Task BuryAllAsync()
    {
        var messages = await _two.Engine.LeaseAsync([Queue], 1000, Long, TimeSpan.Zero);
        await _two.Engine.SettleAsync(Queue, [.. messages.Select(message => new Settlement(message.Receipt, SettleAction.Bury))]);
    }
}
