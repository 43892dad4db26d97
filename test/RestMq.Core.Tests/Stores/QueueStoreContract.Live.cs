using System.Collections.Concurrent;

namespace RestMq.Stores;

public abstract partial class QueueStoreContract
{
    private ValueTask<BroadcastBatch> BroadcastAsync(long? after = null, int move = 100, int read = 100) =>
        Store.BroadcastAsync(Queue, new BroadcastRequest(after, move, read), default);

    [Fact]
    public async Task LeaseLive_WithByteLimit_StopsAtTheLimit()
    {
        await ConfigureAsync(new QueueSettingsChange { Policy = QueuePolicy.RoundRobin });
        for (var n = 0; n < 5; n++) await AddAsync(Message(new string('x', 1000)));

        var few = await Store.LeaseAsync(Queue, [new LeaseRequest(5, Long, Live: true, Bytes: 1500)], default);
        Ids(few.Messages).Should().Equal(1, 2);
        few.Next.Should().Be(TimeSpan.Zero);

        var rest = await Store.LeaseAsync(Queue, [new LeaseRequest(5, Long, Live: true)], default);
        Ids(rest.Messages).Should().Equal(3, 4, 5);
    }

    private static IEnumerable<long> Sequences(BroadcastBatch batch) => batch.Messages.Select(message => message.Sequence);

    [Fact]
    public async Task Broadcast_ReadyMessages_AreMovedToTheLogAndRead()
    {
        await AddAsync(3);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Release);

        var batch = await BroadcastAsync();

        Ids(batch.Messages).Should().Equal(1, 2, 3);
        Sequences(batch).Should().Equal(1, 2, 3);
        batch.Messages.Select(message => message.DeliveryCount).Should().Equal(2, 1, 1);
        batch.Messages[0].Body.ToString().Should().Be("message 1");
        (batch.After, batch.Last, batch.Next).Should().Be((0, 3, null));
        (await StatesAsync()).Should().Be((0, 0, 0, 0));
        (await PeekAsync(1)).Should().BeNull();
        (await StatsAsync()).TotalSettled.Should().Be(3);
    }

    [Fact]
    public async Task Broadcast_FromTheEnd_ReadsOnlyNewMessages()
    {
        await AddAsync(2);
        await BroadcastAsync();
        await AddAsync(1);

        var batch = await BroadcastAsync();

        (batch.After, batch.Last).Should().Be((2, 3));
        Ids(batch.Messages).Should().Equal(3);
        (await BroadcastAsync()).Messages.Should().BeEmpty();
    }

    [Fact]
    public async Task Broadcast_AfterASequence_ReadsOn()
    {
        await AddAsync(5);
        await BroadcastAsync();

        Sequences(await BroadcastAsync(after: 0, move: 0)).Should().Equal(1, 2, 3, 4, 5);
        Sequences(await BroadcastAsync(after: 3, move: 0)).Should().Equal(4, 5);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(1L << 60)]
    [InlineData(long.MaxValue)]
    public async Task Broadcast_AfterAnUnknownSequence_StartsAtTheEnd(long after)
    {
        await AddAsync(5);
        await BroadcastAsync();
        await AddAsync(1);

        var batch = await BroadcastAsync(after);

        Sequences(batch).Should().Equal(6);
        (batch.After, batch.Last).Should().Be((5, 6));
    }

    [Fact]
    public async Task Broadcast_ReadLimit_IsKeptAndLastTellsTheRest()
    {
        await AddAsync(5);

        var batch = await BroadcastAsync(read: 2);

        Sequences(batch).Should().Equal(1, 2);
        batch.Last.Should().Be(5);
        Sequences(await BroadcastAsync(after: 2, read: 2)).Should().Equal(3, 4);
    }

    [Fact]
    public async Task Broadcast_MoveLimit_IsKeptAndNextIsZero()
    {
        await AddAsync(3);

        var batch = await BroadcastAsync(move: 2);

        Ids(batch.Messages).Should().Equal(1, 2);
        batch.Next.Should().Be(TimeSpan.Zero);
        (await StatesAsync()).Should().Be((1, 0, 0, 0));
        (await BroadcastAsync(move: 1)).Next.Should().BeNull();
    }

    [Fact]
    public async Task Broadcast_DelayedMessage_ReportsWhenItIsDue()
    {
        await AddAsync(1, delay: Long);

        (await BroadcastAsync()).Next.Should().BeCloseTo(Long, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Broadcast_DueMessage_IsMoved()
    {
        await AddAsync(1, delay: Soon);
        await PassAsync(1.2 * Soon);

        Ids((await BroadcastAsync()).Messages).Should().Equal(1);
    }

    [Theory]
    [InlineData(QueuePolicy.Broadcast, true)]
    [InlineData(QueuePolicy.RoundRobin, false)]
    public async Task Broadcast_StoppedOrOtherPolicy_ReadsButMovesNothing(QueuePolicy policy, bool stopped)
    {
        await AddAsync(1);
        await BroadcastAsync();
        await AddAsync(1);
        await ConfigureAsync(new QueueSettingsChange { Policy = policy, Stopped = stopped });

        var batch = await BroadcastAsync(after: 0);

        Ids(batch.Messages).Should().Equal(1);
        batch.Settings.Should().Be(new LiveState(policy, stopped));
        batch.Next.Should().BeNull();
        (await StatesAsync()).Should().Be((1, 0, 0, 0));
    }

    [Fact]
    public async Task Broadcast_ExpiredMessage_IsSkipped()
    {
        await AddAsync(Message("short", ttl: Soon), Message("long"));
        await PassAsync(1.2 * Soon);

        Ids((await BroadcastAsync()).Messages).Should().Equal(2);
    }

    [Fact]
    public async Task Broadcast_MoreThanTheHistory_TrimsTheLog()
    {
        await ConfigureAsync(new QueueSettingsChange { History = 3 });
        await AddAsync(5);

        Sequences(await BroadcastAsync())
            .Should().Equal([1, 2, 3, 4, 5], "the call reads the messages it moved before it trims the log");
        var batch = await BroadcastAsync(after: 0);
        Sequences(batch).Should().Equal(3, 4, 5);
        (batch.After, batch.Last).Should().Be((0, 5));
    }

    [Fact]
    public async Task Configure_ShorterHistory_TrimsAtOnce()
    {
        await AddAsync(5);
        await BroadcastAsync();

        await ConfigureAsync(new QueueSettingsChange { History = 2 });

        Sequences(await BroadcastAsync(after: 0)).Should().Equal(4, 5);
    }

    [Fact]
    public async Task Broadcast_WithoutHistory_OnlyTheMovingCallReads()
    {
        await ConfigureAsync(new QueueSettingsChange { History = 0 });
        await AddAsync(2);

        Sequences(await BroadcastAsync()).Should().Equal(1, 2);
        var batch = await BroadcastAsync(after: 0);
        batch.Messages.Should().BeEmpty();
        batch.Last.Should().Be(2);
    }

    [Fact]
    public async Task Broadcast_AfterPurge_ContinuesSequencesWithoutLog()
    {
        await AddAsync(2);
        await BroadcastAsync();
        await Store.DeleteQueueAsync(Queue, default);

        var purged = await BroadcastAsync();
        (purged.After, purged.Last).Should().Be((2, 2));
        (await BroadcastAsync(after: 0)).Messages.Should().BeEmpty();

        await AddAsync(1);
        Sequences(await BroadcastAsync(after: 0)).Should().Equal(3);
    }

    [Fact]
    public async Task Broadcast_ConcurrentCalls_MoveEachMessageOnce()
    {
        await AddAsync(300);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while ((await BroadcastAsync(move: 7)).Next == TimeSpan.Zero) { }
        })));

        var batch = await BroadcastAsync(after: 0, read: 1000);
        Sequences(batch).Should().Equal(Numbers(1, 300));
        Ids(batch.Messages).Should().Equal(Numbers(1, 300));
    }

    [Fact]
    public async Task WakeUp_FirstReadyMessage_IsSent()
    {
        await ExpectAsync(QueueWakeUp.Changed, async () => await AddAsync(1));
    }

    [Fact]
    public async Task WakeUp_DelayedMessageAdded_IsSent()
    {
        await AddAsync(1);
        await ExpectAsync(QueueWakeUp.Changed, async () => await AddAsync(1, delay: Long));
    }

    [Theory]
    [InlineData(SettleAction.Release, 0)]
    [InlineData(SettleAction.Release, 10)]
    [InlineData(SettleAction.Return, 0)]
    [InlineData(SettleAction.Extend, 10)]
    public async Task WakeUp_SettlementChangesReadiness_IsSent(SettleAction action, int seconds)
    {
        await AddAsync(1);
        var message = await LeaseOneAsync();
        await ExpectAsync(QueueWakeUp.Changed, () => SettleAsync(message, action, TimeSpan.FromSeconds(seconds)));
    }

    [Fact]
    public async Task WakeUp_Redrive_IsSent()
    {
        await AddAsync(1);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Bury);
        await ExpectAsync(QueueWakeUp.Changed, async () => await Store.RedriveAsync(Queue, default));
    }

    [Fact]
    public async Task WakeUp_SettingsChanged_IsSent()
    {
        await ExpectAsync(QueueWakeUp.Changed, async () => await ConfigureAsync(new QueueSettingsChange { Stopped = true }));
    }

    [Fact]
    public async Task WakeUp_MoreBecameDueThanLeased_IsSent()
    {
        await AddAsync(2, delay: Soon);
        await PassAsync(1.2 * Soon);
        await ExpectAsync(QueueWakeUp.Changed, async () => await LeaseOneAsync());
    }

    [Fact]
    public async Task WakeUp_BroadcastMovedMessages_IsSent()
    {
        await AddAsync(1);
        await ExpectAsync(QueueWakeUp.Changed, async () => await BroadcastAsync());
    }

    [Fact]
    public async Task WakeUp_Purge_IsSent()
    {
        await AddAsync(1);
        await ExpectAsync(QueueWakeUp.Purged, async () => await Store.DeleteQueueAsync(Queue, default));
    }

    [Fact]
    public async Task Listen_OtherQueueOrDisposed_HearsNothing()
    {
        var (mine, others) = (new ConcurrentQueue<QueueWakeUp>(), new ConcurrentQueue<QueueWakeUp>());
        var listening = await Other.ListenAsync(Queue, mine.Enqueue, default);
        await using var _ = await Other.ListenAsync(NextQueue(), others.Enqueue, default);
        await using var again = await Other.ListenAsync(Queue, wakeUp => others.Enqueue(wakeUp), default);
        await listening.DisposeAsync();

        await AddAsync(1);

        await EventuallyAsync(() =>
        {
            others.Should().Equal(QueueWakeUp.Changed);
            return Task.CompletedTask;
        });
        mine.Should().BeEmpty();
    }

    [Fact]
    public async Task Listen_ListenerThrows_OthersStillHear()
    {
        await using var _ = await Store.ListenAsync(Queue, _ => throw new InvalidOperationException("a listener's own failure"), default);

        await ExpectAsync(QueueWakeUp.Changed, async () => await AddAsync(1));
        Ids(await LeaseAsync(1)).Should().Equal(1);
    }

    [Fact]
    public async Task WakeUp_HeldDeliveriesEnd_NamesTheirReceipts()
    {
        await AddAsync(1);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Bury);
        await Store.RedriveAsync(Queue, default);
        var ended = new ConcurrentQueue<Receipt>();
        await using var listening = await Other.ListenAsync(Queue, wakeUp => { foreach (var receipt in wakeUp.Ended) ended.Enqueue(receipt); }, default);
        var given = new List<Receipt>();

        // A delivery ends by a settlement, by the clock or by a purge.
        await HoldAsync(Long);
        await Store.SettleAsync(Queue, [new Settlement(given[0], SettleAction.Release)], default);
        await HoldAsync(Soon);
        await UntilAsync(ready: 1);
        await HoldAsync(Long);
        await Store.PurgeAsync(Queue, MessageState.Leased, default);

        await EventuallyAsync(() =>
        {
            ended.Should().Equal(given);
            return Task.CompletedTask;
        });
        // The purge also deletes the record of the holders, which otherwise stays for twice the lease.
        await Store.DeleteQueueAsync(Queue, default);

        async Task HoldAsync(TimeSpan lease) =>
            given.Add((await LeaseBatchAsync(new LeaseRequest(1, lease, Held: true))).Messages.Should().ContainSingle().Subject.Receipt);
    }

    [Fact]
    public async Task WakeUp_HeldDeliveryReturned_NamesOnlyTheNextDelivery()
    {
        await AddAsync(1);
        var ended = new ConcurrentQueue<Receipt>();
        await using var listening = await Other.ListenAsync(Queue, wakeUp => { foreach (var receipt in wakeUp.Ended) ended.Enqueue(receipt); }, default);

        var returned = await HoldAsync();
        await Store.SettleAsync(Queue, [new Settlement(returned, SettleAction.Return)], default);
        var released = await HoldAsync();
        await Store.SettleAsync(Queue, [new Settlement(released, SettleAction.Release)], default);
        var acked = await HoldAsync();
        await Store.SettleAsync(Queue, [new Settlement(acked, SettleAction.Ack)], default);

        released.Should().Be(returned, "the returned delivery does not count");
        await EventuallyAsync(() =>
        {
            ended.Should().Equal(released, acked);
            return Task.CompletedTask;
        });
        await Store.DeleteQueueAsync(Queue, default);

        async Task<Receipt> HoldAsync() =>
            (await LeaseBatchAsync(new LeaseRequest(1, Long, Held: true))).Messages.Should().ContainSingle().Subject.Receipt;
    }

    private async Task ExpectAsync(QueueWakeUp expected, Func<Task> action)
    {
        var wakeUps = new ConcurrentQueue<QueueWakeUp>();
        await using var listening = await Other.ListenAsync(Queue, wakeUps.Enqueue, default);
        await action();
        await EventuallyAsync(() =>
        {
            wakeUps.Should().Contain(expected);
            return Task.CompletedTask;
        });
    }
}
