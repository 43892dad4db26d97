namespace RestMq.Stores;

public abstract partial class QueueStoreContract
{
    [Fact]
    public async Task Lease_SeveralRequests_AreServedInOrderWithTheirOwnLease()
    {
        await AddAsync(4);

        var batch = await LeaseBatchAsync(new LeaseRequest(2, Long), new LeaseRequest(1, 2 * Long), new LeaseRequest(5, 3 * Long));

        Ids(batch.Messages).Should().Equal(1, 2, 3, 4);
        var due = new List<DateTimeOffset>();
        foreach (var id in Numbers(1, 4)) due.Add((await PeekAsync(id))!.Due!.Value);
        due[1].Should().Be(due[0]);
        (due[2] - due[1]).Should().Be(Long);
        (due[3] - due[2]).Should().Be(Long);
    }

    [Fact]
    public async Task LeaseLive_AnyQueue_ReportsPolicyAndStopped()
    {
        (await LeaseBatchAsync(new LeaseRequest(1, Long, Live: true))).Settings.Should().Be(new LiveState(QueuePolicy.Broadcast, false));

        await ConfigureAsync(new QueueSettingsChange { Policy = QueuePolicy.RoundRobin, Stopped = true });

        (await LeaseBatchAsync(new LeaseRequest(1, Long, Live: true))).Settings.Should().Be(new LiveState(QueuePolicy.RoundRobin, true));
    }

    [Fact]
    public async Task Lease_StoppedQueue_Succeeds()
    {
        await AddAsync(1);
        await ConfigureAsync(new QueueSettingsChange { Stopped = true });

        (await LeaseOneAsync()).Key.Should().Be(Key(1));
    }

    [Theory]
    [InlineData(QueuePolicy.RoundRobin, false, 2)]
    [InlineData(QueuePolicy.RoundRobin, true, 0)]
    [InlineData(QueuePolicy.Broadcast, false, 0)]
    public async Task LeaseLive_StoppedOrBroadcastQueue_LeasesNothing(QueuePolicy policy, bool stopped, int gets)
    {
        await AddAsync(10);
        await ConfigureAsync(new QueueSettingsChange { Policy = policy, Stopped = stopped });

        var batch = await LeaseBatchAsync(
            new LeaseRequest(1, Long), new LeaseRequest(2, 2 * Long, Live: true), new LeaseRequest(3, 3 * Long));

        Ids(batch.Messages).Should().Equal(Numbers(1, 4 + gets));
        var (first, last) = (await PeekAsync(1), await PeekAsync(2 + gets));
        (last!.Due - first!.Due).Should().Be(2 * Long, "each request has its own lease");
    }

    [Fact]
    public async Task Lease_TooFewMessages_ReportsWhenTheNextIsDue()
    {
        (await LeaseBatchAsync(new LeaseRequest(1, Long))).Next.Should().BeNull();

        await AddAsync(1);
        (await LeaseBatchAsync(new LeaseRequest(1, 2 * Long))).Next
            .Should().BeNull("the lease found all messages it asked for");
        (await LeaseBatchAsync(new LeaseRequest(1, Long))).Next.Should().BeCloseTo(2 * Long, TimeSpan.FromSeconds(10));

        await AddAsync(1, delay: Long);
        (await LeaseBatchAsync(new LeaseRequest(1, Long))).Next.Should().BeCloseTo(Long, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Lease_EachDelivery_HasItsCountInTheReceipt()
    {
        await AddAsync(1);
        for (var count = 1; count <= 3; count++)
        {
            var message = await LeaseOneAsync();
            message.DeliveryCount.Should().Be(count);
            message.Receipt.Should().Be(new Receipt(Key(1), count));
            await SettleAsync(message, SettleAction.Release);
        }
    }

    [Fact]
    public async Task Ack_LeasedMessage_DeletesIt()
    {
        await AddAsync(1);

        (await SettleAsync(await LeaseOneAsync(), SettleAction.Ack)).Should().Be(SettleResult.Done);

        (await PeekAsync(1)).Should().BeNull();
        (await StatesAsync()).Should().Be((0, 0, 0, 0));
    }

    [Theory]
    [InlineData(SettleAction.Ack)]
    [InlineData(SettleAction.Extend)]
    [InlineData(SettleAction.Release)]
    [InlineData(SettleAction.Return)]
    [InlineData(SettleAction.Bury)]
    public async Task Settle_StaleReceipt_ChangesNothing(SettleAction action)
    {
        await AddAsync(1);
        var first = await LeaseOneAsync();
        await SettleAsync(first, SettleAction.Release);

        (await SettleAsync(first, action, Long)).Should().Be(SettleResult.Stale, "the message is ready");
        (await SettleAsync(first with { DeliveryCount = long.MaxValue }, action, Long))
            .Should().Be(SettleResult.Stale, "there was no such delivery");
        var ready = await PeekAsync(1);
        ready!.State.Should().Be(MessageState.Ready);
        ready.Message.DeliveryCount.Should().Be(1);

        await LeaseOneAsync();
        var leased = await PeekAsync(1);
        (await SettleAsync(first, action, 2 * Long))
            .Should().Be(SettleResult.Stale, "the message is leased by another consumer");
        (await PeekAsync(1))!.Due.Should().Be(leased!.Due);
        (await StatesAsync()).Should().Be((0, 1, 0, 0));
    }

    [Theory]
    [InlineData(SettleAction.Ack)]
    [InlineData(SettleAction.Extend)]
    [InlineData(SettleAction.Release)]
    [InlineData(SettleAction.Return)]
    [InlineData(SettleAction.Bury)]
    public async Task Settle_DeletedOrUnknownMessage_IsUnknown(SettleAction action)
    {
        (await SettleAsync(new Settlement(new Receipt(Key(1), 1), action) { Time = Long })).Should().Equal(SettleResult.Unknown);

        await AddAsync(1);
        var message = await LeaseOneAsync();
        await SettleAsync(message, SettleAction.Ack);

        (await SettleAsync(message, action, Long)).Should().Be(SettleResult.Unknown);
        (await SettleAsync(new Settlement(new Receipt(Key(99), 1), action) { Time = Long })).Should().Equal(SettleResult.Unknown);
        (await SettleAsync(new Settlement(new Receipt(Key(long.MaxValue), long.MaxValue), action) { Time = Long }))
            .Should().Equal(SettleResult.Unknown);
    }

    [Fact]
    public async Task Settle_DeadOrDelayedMessage_IsStale()
    {
        await AddAsync(2);
        var messages = await LeaseAsync(2);
        await SettleAsync(messages[0], SettleAction.Bury);
        await SettleAsync(messages[1], SettleAction.Release, Long);

        (await SettleAsync(messages, SettleAction.Ack)).Should().Equal(SettleResult.Stale, SettleResult.Stale);
        (await StatesAsync()).Should().Be((0, 0, 1, 1));
    }

    [Fact]
    public async Task Ack_BareKey_DeletesInAnyState()
    {
        await AddAsync(3);
        await AddAsync(1, delay: Long);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Bury);
        await LeaseOneAsync();
        (await StatesAsync()).Should().Be((1, 1, 1, 1));

        (await DeleteAsync(1, 2, 3, 4, 5)).Should().Equal(
            SettleResult.Done, SettleResult.Done, SettleResult.Done, SettleResult.Done, SettleResult.Unknown);

        (await StatesAsync()).Should().Be((0, 0, 0, 0));
        (await LeaseAsync(10)).Should().BeEmpty();
    }

    [Theory]
    [InlineData(SettleAction.Extend)]
    [InlineData(SettleAction.Release)]
    [InlineData(SettleAction.Return)]
    [InlineData(SettleAction.Bury)]
    public async Task Settle_BareKeyOtherThanAck_IsStale(SettleAction action)
    {
        await AddAsync(1);
        await LeaseOneAsync();

        (await SettleAsync(new Settlement(new Receipt(Key(1), 0), action) { Time = Long })).Should().Equal(SettleResult.Stale);
        (await StatesAsync()).Should().Be((0, 1, 0, 0));
    }

    [Fact]
    public async Task SettleBatch_OneStaleReceipt_OthersSucceed()
    {
        await AddAsync(3);
        var messages = await LeaseAsync(3);
        await SettleAsync(messages[1], SettleAction.Release);

        (await SettleAsync(messages, SettleAction.Ack)).Should().Equal(SettleResult.Done, SettleResult.Stale, SettleResult.Done);
        (await StatesAsync()).Should().Be((1, 0, 0, 0));
    }

    [Fact]
    public async Task SettleBatch_SameMessageTwice_SettlesOnce()
    {
        await AddAsync(2);
        var messages = await LeaseAsync(2);
        Settlement With(int index, SettleAction action) => new(messages[index].Receipt, action);

        (await SettleAsync(With(0, SettleAction.Ack), With(0, SettleAction.Ack), With(1, SettleAction.Release), With(1, SettleAction.Ack)))
            .Should().Equal(SettleResult.Done, SettleResult.Unknown, SettleResult.Done, SettleResult.Stale);
        (await StatesAsync()).Should().Be((1, 0, 0, 0));
        (await StatsAsync()).TotalSettled.Should().Be(1);
    }

    [Fact]
    public async Task SettleBatch_BareKeyAfterRelease_DeletesTheMessage()
    {
        await AddAsync(4);
        var messages = await LeaseAsync(3);

        (await SettleAsync(
                new Settlement(messages[0].Receipt, SettleAction.Release),
                new Settlement(messages[1].Receipt, SettleAction.Release),
                new Settlement(new Receipt(Key(2), 0), SettleAction.Ack),
                new Settlement(messages[2].Receipt, SettleAction.Release)))
            .Should().Equal(SettleResult.Done, SettleResult.Done, SettleResult.Done, SettleResult.Done);

        Ids(await LeaseAsync(10)).Should().Equal(1, 3, 4);
    }

    [Fact]
    public async Task Release_LeasedMessage_ReturnsToTheHeadCounted()
    {
        await AddAsync(2);

        (await SettleAsync(await LeaseOneAsync(), SettleAction.Release)).Should().Be(SettleResult.Done);

        var again = await LeaseOneAsync();
        again.Key.Should().Be(Key(1));
        again.DeliveryCount.Should().Be(2);
    }

    [Fact]
    public async Task Return_LeasedMessage_ReturnsToTheHeadUncounted()
    {
        await AddAsync(2);
        await ConfigureAsync(new QueueSettingsChange { MaxReceives = 1 });

        (await SettleAsync(await LeaseOneAsync(), SettleAction.Return)).Should().Be(SettleResult.Done);

        var again = await LeaseOneAsync();
        again.Key.Should().Be(Key(1));
        again.DeliveryCount.Should().Be(1);
    }

    [Fact]
    public async Task Release_Batch_KeepsItsOrderAtTheHead()
    {
        await AddAsync(15);
        var messages = await LeaseAsync(12);

        await SettleAsync(messages, SettleAction.Release);
        Ids(await LeaseAsync(12)).Should().Equal(Numbers(1, 12));
    }

    [Fact]
    public async Task Release_MessagesInAnyOrder_StandAtTheHeadById()
    {
        await AddAsync(5);
        var messages = await LeaseAsync(4);

        await SettleAsync(
            new Settlement(messages[3].Receipt, SettleAction.Return),
            new Settlement(messages[1].Receipt, SettleAction.Release),
            new Settlement(messages[0].Receipt, SettleAction.Return));
        await SettleAsync(new Settlement(messages[2].Receipt, SettleAction.Release));

        Ids(await LeaseAsync(5)).Should().Equal(1, 2, 3, 4, 5);
    }

    [Fact]
    public async Task Release_WithDelay_ReturnsToTheHeadWhenDue()
    {
        await AddAsync(3);
        await SettleAsync(await LeaseAsync(2), SettleAction.Release, Soon);
        (await StatesAsync()).Should().Be((1, 0, 2, 0));

        await UntilAsync(ready: 3);

        var messages = await LeaseAsync(3);
        Ids(messages).Should().Equal(1, 2, 3);
        messages.Select(message => message.DeliveryCount).Should().Equal(2, 2, 1);
    }

    [Fact]
    public async Task Release_MaxReceivesReached_Buries()
    {
        await AddAsync(1);
        await ConfigureAsync(new QueueSettingsChange { MaxReceives = 2 });
        await SettleAsync(await LeaseOneAsync(), SettleAction.Release);

        (await SettleAsync(await LeaseOneAsync(), SettleAction.Release, Long)).Should().Be(SettleResult.Done);

        var dead = await PeekAsync(1);
        dead!.State.Should().Be(MessageState.Dead);
        dead.Reason.Should().Be("max_receives (2) reached");
        dead.Message.DeliveryCount.Should().Be(2);
        (await StatesAsync()).Should().Be((0, 0, 0, 1));
    }

    [Fact]
    public async Task Bury_WithReason_KeepsReasonAndDeliveryCount()
    {
        await AddAsync(1);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Release);
        var message = await LeaseOneAsync();

        (await SettleAsync(new Settlement(message.Receipt, SettleAction.Bury) { Reason = "no such customer: \"é\"\n" }))
            .Should().Equal(SettleResult.Done);

        var dead = await PeekAsync(1);
        dead!.State.Should().Be(MessageState.Dead);
        dead.Reason.Should().Be("no such customer: \"é\"\n");
        dead.Due.Should().BeNull();
        dead.Message.DeliveryCount.Should().Be(2, "the message had two deliveries");
    }

    [Fact]
    public async Task Bury_WithoutReason_HasAnEmptyReason()
    {
        await AddAsync(1);
        await SettleAsync(new Settlement((await LeaseOneAsync()).Receipt, SettleAction.Bury));

        (await PeekAsync(1))!.Reason.Should().BeEmpty();
    }

    [Fact]
    public async Task Bury_ByCallerOrMaxReceives_KeepsTheOrderOfBurial()
    {
        await ConfigureAsync(new QueueSettingsChange { MaxReceives = 1 });
        await AddAsync(3);
        var messages = await LeaseAsync(3);

        await SettleAsync(
            new Settlement(messages[2].Receipt, SettleAction.Release), new Settlement(messages[0].Receipt, SettleAction.Bury),
            new Settlement(messages[1].Receipt, SettleAction.Release));

        (await BrowseAsync(MessageState.Dead)).Should().Equal(2, 1, 3);
    }

    [Fact]
    public async Task Extend_LongerLease_EndsLater()
    {
        await AddAsync(1);
        var message = await LeaseOneAsync(Soon);

        (await SettleAsync(message, SettleAction.Extend, Long)).Should().Be(SettleResult.Done);
        await PassAsync(1.5 * Soon);

        (await StatesAsync()).Should().Be((0, 1, 0, 0));
        (await SettleAsync(message, SettleAction.Ack)).Should().Be(SettleResult.Done, "the receipt stays valid");
    }

    [Fact]
    public async Task Extend_ShorterLease_EndsSooner()
    {
        await AddAsync(1);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Extend, Soon);

        await UntilAsync(ready: 1);
    }

    [Fact]
    public async Task PeekHead_ReadyMessage_IsCountedAndStaysAtTheHead()
    {
        (await Store.PeekHeadAsync(Queue, default)).Should().BeNull();
        await AddAsync(2);

        (await Store.PeekHeadAsync(Queue, default))!.DeliveryCount.Should().Be(1);
        var second = await Store.PeekHeadAsync(Queue, default);
        second!.Key.Should().Be(Key(1));
        second.DeliveryCount.Should().Be(2);
        (await StatesAsync()).Should().Be((2, 0, 0, 0));

        var taken = await LeaseOneAsync();
        taken.Key.Should().Be(Key(1));
        taken.DeliveryCount.Should().Be(3);
        (await SettleAsync(taken, SettleAction.Ack)).Should().Be(SettleResult.Done);
    }

    [Fact]
    public async Task PeekHead_WithoutDelivery_LeavesTheMessageBehindReleasedOnes()
    {
        await AddAsync(3);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Bury);
        await Store.RedriveAsync(Queue, default); // 1 stands at the tail now.
        await LeaseOneAsync();
        var third = await LeaseOneAsync();

        (await Store.PeekHeadAsync(Queue, countsDelivery: false, default))!.Key.Should().Be(Key(1));
        (await SettleAsync(third, SettleAction.Release)).Should().Be(SettleResult.Done);

        (await LeaseOneAsync()).Key.Should().Be(Key(3));
        (await LeaseOneAsync()).Key.Should().Be(Key(1));
    }

    [Fact]
    public async Task Redrive_SeveralDeadLetters_GoToTheTailOldestFirst()
    {
        await AddAsync(13);
        await SettleAsync(await LeaseAsync(12), SettleAction.Bury);

        (await Store.RedriveAsync(Queue, default)).Should().Be(12);

        var messages = await LeaseAsync(20);
        Ids(messages).Should().Equal([13, .. Numbers(1, 12)]);
        messages.Should().AllSatisfy(message => message.DeliveryCount.Should().Be(1));
        (await Store.RedriveAsync(Queue, default)).Should().Be(0);
    }

    [Fact]
    public async Task Redrive_MoreThanAHundred_MovesAHundredAtATime()
    {
        await AddAsync(150);
        await SettleAsync(await LeaseAsync(150), SettleAction.Bury);

        (await Store.RedriveAsync(Queue, default)).Should().Be(100);
        (await StatesAsync()).Should().Be((100, 0, 0, 50));
        (await Store.RedriveAsync(Queue, default)).Should().Be(50);
        (await StatesAsync()).Should().Be((150, 0, 0, 0));
    }
}
