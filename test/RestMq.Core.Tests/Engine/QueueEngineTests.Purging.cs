using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>Verifies that purging one state and redriving all repeat the store's bounded steps until done.</summary>
public abstract partial class QueueEngineTests
{
    [Fact]
    public async Task PurgeState_MoreThanOneStep_DeletesAll()
    {
        for (var n = 0; n < 5; n++) await Engine.AddAsync(Queue, Messages(500));
        await LeaseOneAsync();

        (await Engine.PurgeAsync(Queue, MessageState.Ready)).Should().Be(2499);

        var stats = await Engine.StatsAsync(Queue);
        (stats.Ready, stats.Leased, stats.TotalAdded).Should().Be((0, 1, 2500));
    }

    [Fact]
    public async Task PurgeState_WhileOthersAdd_Ends()
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
    public async Task PurgeState_OpenStream_StaysOpen()
    {
        await using var consumer = await Engine.SubscribeAsync(Queue, new LiveConsumerOptions());

        await Engine.PurgeAsync(Queue, MessageState.Ready);
        await _two.Engine.AddAsync(Queue, Message("goes on"));

        (await Within(consumer!.Events.ReadAsync())).Message!.Body.ToString().Should().Be("goes on");
    }

    [Fact]
    public async Task Redrive_MessagesBuriedAgainMeanwhile_Ends()
    {
        await Engine.AddAsync(Queue, Messages(250));
        await BuryAllAsync();
        _one.Store.AfterRedrive = BuryAllAsync;

        (await Within(Engine.RedriveAsync(Queue)))
            .Should().Be(300, "a step moves 100, and 250 dead letters existed at the call");

        (await Engine.StatsAsync(Queue)).Dead.Should().Be(250);
    }

    private async Task BuryAllAsync()
    {
        var messages = await _two.Engine.LeaseAsync([Queue], 1000, Long, TimeSpan.Zero);
        await _two.Engine.SettleAsync(Queue, [.. messages.Select(message => new Settlement(message.Receipt, SettleAction.Bury))]);
    }
}
