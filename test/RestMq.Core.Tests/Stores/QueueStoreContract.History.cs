namespace RestMq.Stores;

/// <summary>
/// Verifies the bound of the history by bytes, and that messages which no consumer got return from the history.
/// </summary>
public abstract partial class QueueStoreContract
{
    [Fact]
    public async Task HistoryBytes_Default_Is64MiB() => (await ConfigureAsync(new QueueSettingsChange())).HistoryBytes.Should().Be(64 * 1024 * 1024);

    [Theory]
    [InlineData(3000, 3)]
    [InlineData(3999, 3)]
    [InlineData(999, 0)]
    [InlineData(0, 0)]
    [InlineData(20_000, 20)]
    public async Task Broadcast_BeyondHistoryBytes_DropsTheOldest(long bytes, int kept)
    {
        (await ConfigureAsync(new QueueSettingsChange { HistoryBytes = bytes })).HistoryBytes.Should().Be(bytes);
        await AddAsync([.. Enumerable.Repeat(Message(new string('x', 1000)), 20)]);

        var batch = await BroadcastAsync();

        Sequences(batch).Should().Equal(Numbers(1, 20), "the step that moves messages also reads them");
        Sequences(await BroadcastAsync(after: 0, move: 0)).Should().Equal(Numbers(21 - kept, 20));
        (await StatsAsync()).Settings.HistoryBytes.Should().Be(bytes);
    }

    [Fact]
    public async Task Broadcast_ManySteps_HistoryBytesHold()
    {
        await ConfigureAsync(new QueueSettingsChange { HistoryBytes = 2500, History = 10 });
        var sizes = new List<int>();
        for (var n = 1; n <= 60; n++)
        {
            sizes.Add(n % 7 == 0 ? 2000 : n % 11 == 0 ? 5 : 100);
            await AddAsync(Message(new string('x', sizes[^1])));
            Sequences(await BroadcastAsync(after: n - 1)).Should().Equal(n);

            var (kept, bytes) = (0, 0);
            while (kept < Math.Min(n, 10) && bytes + sizes[^(kept + 1)] <= 2500) bytes += sizes[^++kept];
            Sequences(await BroadcastAsync(after: 0, move: 0)).Should().Equal(Numbers(n - kept + 1, n));
        }
    }

    [Fact]
    public async Task Configure_SmallerHistoryBytes_TrimsAtOnce()
    {
        await AddAsync([.. Enumerable.Repeat(Message(new string('x', 1000)), 50)]);
        await BroadcastAsync();

        await ConfigureAsync(new QueueSettingsChange { HistoryBytes = 7000 });

        Sequences(await BroadcastAsync(after: 0, move: 0)).Should().Equal(Numbers(44, 50));
    }

    [Fact]
    public async Task Withdraw_MovedMessages_ReturnToTheHead()
    {
        await AddAsync(2);
        await BroadcastAsync();
        await AddAsync(Message("delivered before"), Message("mortal", ttl: Long), Message("kept"));
        await SettleAsync(await LeaseOneAsync(), SettleAction.Release);
        var batch = await BroadcastAsync();
        batch.Moved.Should().Be(batch.Messages.Count);

        (await Store.WithdrawAsync(Queue, batch.Last, batch.Moved, default)).Should().BeTrue();

        (await StatesAsync()).Ready.Should().Be(batch.Moved);
        var again = await BroadcastAsync();
        again.Messages.Select(Shown).Should().Equal(batch.Messages.Select(Shown), "sequences and counts are given out again");
        (await StatsAsync()).TotalSettled.Should().Be(2 + batch.Moved);
    }

    private static (long, long, long, string?) Shown(QueueMessage message) =>
        (message.Key.Id, message.DeliveryCount, message.Sequence, message.Body.ToString());

    [Fact]
    public async Task Withdraw_MortalMessage_StillExpires()
    {
        await AddAsync(Message("mortal", ttl: Soon));
        var batch = await BroadcastAsync();
        (await Store.WithdrawAsync(Queue, batch.Last, batch.Moved, default)).Should().BeTrue();
        await UntilAsync(ready: 0);
        (await StatsAsync()).TotalExpired.Should().Be(1);
    }

    [Fact]
    public async Task Withdraw_Repeated_KeepsTheHistoryWithoutGaps()
    {
        await AddAsync(2);
        await BroadcastAsync();
        for (var round = 0; round < 3; round++)
        {
            await AddAsync(3);
            var moved = await BroadcastAsync();
            (await Store.WithdrawAsync(Queue, moved.Last, moved.Moved, default)).Should().BeTrue();
        }
        Sequences(await BroadcastAsync(after: 0, move: 0)).Should().Equal(1, 2);

        Sequences(await BroadcastAsync(move: 4)).Should().Equal(3, 4, 5, 6);
        Sequences(await BroadcastAsync(move: 5)).Should().Equal(7, 8, 9, 10, 11);

        for (var after = 0; after <= 11; after++) Sequences(await BroadcastAsync(after, move: 0)).Should().Equal(Numbers(after + 1, 11));
        Ids((await BroadcastAsync(after: 0, move: 0)).Messages).Should().Equal(Numbers(1, 11));
        await ConfigureAsync(new QueueSettingsChange { HistoryBytes = 2 * "message 1".Length });
        Sequences(await BroadcastAsync(after: 0, move: 0)).Should().Equal(10, 11);
    }

    [Fact]
    public async Task Withdraw_AfterAnotherRead_ChangesNothing()
    {
        await AddAsync(3);
        var batch = await BroadcastAsync();
        await Other.BroadcastAsync(Queue, new BroadcastRequest(0, Move: 0, 100), default);

        (await Store.WithdrawAsync(Queue, batch.Last, batch.Moved, default)).Should().BeFalse("another host may have delivered them");

        (await StatesAsync()).Ready.Should().Be(0);
        Sequences(await BroadcastAsync(after: 0, move: 0)).Should().Equal(1, 2, 3);
    }

    [Fact]
    public async Task Withdraw_NotOfTheLastStep_ChangesNothing()
    {
        (await Store.WithdrawAsync(Queue, 1, 1, default)).Should().BeFalse("there is no queue");
        await AddAsync(3);
        var batch = await BroadcastAsync();
        (await Store.WithdrawAsync(Queue, batch.Last - 1, 2, default)).Should().BeFalse();
        (await Store.WithdrawAsync(Queue, batch.Last, batch.Moved, default)).Should().BeTrue();
        (await Store.WithdrawAsync(Queue, batch.Last, batch.Moved, default)).Should().BeFalse("they are back already");
        await ConfigureAsync(new QueueSettingsChange { History = 2 });
        batch = await BroadcastAsync();
        (await Store.WithdrawAsync(Queue, batch.Last, batch.Moved, default)).Should().BeFalse("the history dropped one of them");
        (await StatesAsync()).Ready.Should().Be(0);
    }
}
