namespace RestMq.Stores;

/// <summary>Verifies redrives of one dead letter or all, and purges of one state that keep the other states.</summary>
public abstract partial class QueueStoreContract
{
    [Fact]
    public async Task Redrive_OneDeadLetter_ReturnsAsNewAndOthersStay()
    {
        await AddAsync(3);
        await SettleAsync(await LeaseAsync(2), SettleAction.Bury);

        (await Store.RedriveAsync(Key(2), default)).Should().BeTrue();

        (await StatesAsync()).Should().Be((2, 0, 0, 1));
        (await PeekAsync(2))!.Reason.Should().BeNull();
        var taken = await LeaseAsync(10);
        Ids(taken).Should().Equal(3, 2);
        taken.Should().OnlyContain(message => message.DeliveryCount == 1);
        (await BrowseAsync(MessageState.Dead)).Should().Equal(1);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Settle_ReceiptFromBeforeARedrive_IsStale(bool alone)
    {
        await ConfigureAsync(new QueueSettingsChange { MaxReceives = 1 });
        await AddAsync(1);
        var old = new List<QueueMessage>();
        for (var redrives = 0; redrives < 3; redrives++)
        {
            var held = await LeaseOneAsync();
            held.DeliveryCount.Should().Be(1, "a redrive resets the delivery count");
            old.Should().NotContain(message => message.Receipt.Fence >= held.Receipt.Fence, "delivery numbers grow");
            foreach (var late in old)
            {
                foreach (var action in Enum.GetValues<SettleAction>()) (await SettleAsync(late, action, Soon)).Should().Be(SettleResult.Stale);
            }
            (await Store.HoldsAsync(Queue, [.. old.Select(message => message.Receipt), held.Receipt], default))
                .Should().Equal([.. old.Select(_ => false), true]);
            (await PeekAsync(1))!.Message.Should().BeEquivalentTo(new { held.DeliveryCount, held.Receipt });

            (await SettleAsync(held, SettleAction.Release)).Should().Be(SettleResult.Done);
            (await StatesAsync()).Should().Be((0, 0, 0, 1), "one delivery is allowed");
            (await PeekAsync(1))!.Message.DeliveryCount.Should().Be(1);
            old.Add(held);
            if (alone) await Store.RedriveAsync(Key(1), default); else await Store.RedriveAsync(Queue, default);
            (await PeekAsync(1))!.Message.DeliveryCount.Should().Be(0);
        }
    }

    [Fact]
    public async Task Redrive_DeliveriesBefore_DoNotCountForMaxReceives()
    {
        await ConfigureAsync(new QueueSettingsChange { MaxReceives = 3 });
        await AddAsync(1);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Release);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Bury);
        await Store.RedriveAsync(Queue, default);

        (await Store.PeekHeadAsync(Queue, default))!.DeliveryCount.Should().Be(1);
        var second = await LeaseOneAsync();
        second.DeliveryCount.Should().Be(2);
        await SettleAsync(second, SettleAction.Release);
        var third = await LeaseOneAsync();
        third.DeliveryCount.Should().Be(3);
        (await Store.BrowseAsync(Queue, MessageState.Leased, 1, default)).Single().Message.DeliveryCount.Should().Be(3);

        await SettleAsync(third, SettleAction.Release);
        (await StatesAsync()).Should().Be((0, 0, 0, 1));
        (await PeekAsync(1))!.Reason.Should().Be("max_receives (3) reached");
    }

    [Fact]
    public async Task Broadcast_RedrivenMessage_HasDeliveryCountOne()
    {
        await AddAsync(1);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Bury);
        await Store.RedriveAsync(Queue, default);

        (await BroadcastAsync(after: 0, move: 1)).Messages.Should().ContainSingle().Which.DeliveryCount.Should().Be(1);
    }

    [Fact]
    public async Task Redrive_NotADeadLetter_ReturnsFalse()
    {
        await AddAsync(2);
        await AddAsync(1, delay: Long);
        await LeaseOneAsync();

        foreach (var id in Numbers(1, 4)) (await Store.RedriveAsync(Key(id), default)).Should().BeFalse();

        (await StatesAsync()).Should().Be((1, 1, 1, 0));
    }

    [Fact]
    public async Task Redrive_OneDeadLetterPastItsTimeToLive_DoesNotExpire()
    {
        await AddAsync(1, ttl: Soon);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Bury);
        await PassAsync(1.2 * Soon);

        (await Store.RedriveAsync(Key(1), default)).Should().BeTrue();

        (await LeaseOneAsync()).Key.Should().Be(Key(1));
    }

    [Theory]
    [InlineData(MessageState.Ready), InlineData(MessageState.Leased), InlineData(MessageState.Delayed), InlineData(MessageState.Dead)]
    public async Task PurgeState_OneState_KeepsTheOthersAndTheSettings(MessageState state)
    {
        var settings = await ConfigureAsync(new QueueSettingsChange { MaxReceives = 3, Policy = QueuePolicy.RoundRobin });
        // Two messages in each state, with a time to live. Some of them were delivered before.
        await AddAsync(6, ttl: 2 * Long);
        await AddAsync(2, delay: Long, ttl: 2 * Long);
        await SettleAsync(await LeaseAsync(2), SettleAction.Bury);
        await SettleAsync(await LeaseAsync(1), SettleAction.Release);
        var held = await LeaseAsync(2);
        (await StatesAsync()).Should().Be((2, 2, 2, 2));
        var all = Enum.GetValues<MessageState>();
        var others = new List<long>();
        foreach (var other in all.Where(other => other != state)) others.AddRange(await BrowseAsync(other));

        (await Store.PurgeAsync(Queue, state, default)).Should().Be(new Purged(2, More: false));

        var left = new List<long>();
        foreach (var place in all) left.AddRange(await BrowseAsync(place));
        left.Should().Equal(others);
        (await StatsAsync()).Total.Should().Be(6);
        (await ConfigureAsync(new QueueSettingsChange())).Should().Be(settings);
        (await Store.PurgeAsync(Queue, state, default)).Should().Be(new Purged(0, More: false));
        (await SettleAsync(held, SettleAction.Ack)).Should()
            .OnlyContain(result => result == (state == MessageState.Leased ? SettleResult.Unknown : SettleResult.Done));
        (await AddAsync(1)).Single().Key.Should().Be(Key(9));
    }

    [Fact]
    public async Task PurgeState_MessagesDueMeanwhile_UsesTheirCurrentState()
    {
        await AddAsync(1);
        await LeaseOneAsync(Soon);
        await AddAsync(1, delay: Soon);
        await PassAsync(1.2 * Soon);

        (await Store.PurgeAsync(Queue, MessageState.Leased, default)).Deleted.Should().Be(0);
        (await Store.PurgeAsync(Queue, MessageState.Delayed, default)).Deleted.Should().Be(0);
        (await Store.PurgeAsync(Queue, MessageState.Ready, default)).Deleted.Should().Be(2);
    }

    [Fact]
    public async Task PurgeState_ThousandsOfMessages_GoesByBoundedSteps()
    {
        for (var n = 0; n < 3; n++) await AddAsync(1000);
        await DeleteAsync([.. Numbers(500, 1499)]);

        var (deleted, steps) = (0L, 0);
        for (var more = true; more; steps++)
        {
            var step = await Store.PurgeAsync(Queue, MessageState.Ready, default);
            step.Deleted.Should().BeLessThanOrEqualTo(1000);
            (deleted, more) = (deleted + step.Deleted, step.More);
        }

        deleted.Should().Be(2000);
        steps.Should().BeInRange(2, 4);
        (await StatesAsync()).Should().Be((0, 0, 0, 0));
    }

    [Fact]
    public async Task PurgeState_ManyDueMessages_ReportsMoreUntilDone()
    {
        // Each is due at its own instant, because messages that are due together are moved together.
        for (var n = 1; n <= 250; n++) await AddAsync(1, delay: (Soon / 2) + TimeSpan.FromMilliseconds(n));
        await PassAsync(2 * Soon);

        var deleted = 0L;
        for (var more = true; more;)
        {
            var step = await Store.PurgeAsync(Queue, MessageState.Ready, default);
            (deleted, more) = (deleted + step.Deleted, step.More);
        }

        deleted.Should().Be(250);
        (await StatesAsync()).Should().Be((0, 0, 0, 0));
    }
}
