namespace RestMq.Stores;

public abstract partial class QueueStoreContract
{
    [Fact]
    public async Task Add_WithDelay_IsNotLeasedUntilDue()
    {
        await AddAsync(1, delay: Soon);

        (await LeaseAsync(1)).Should().BeEmpty();
        (await StatesAsync()).Should().Be((0, 0, 1, 0));
        var snapshot = await PeekAsync(1);
        snapshot!.State.Should().Be(MessageState.Delayed);
        (snapshot.Due - snapshot.Message.Added).Should().Be(Soon);

        await UntilAsync(ready: 1);
        (await LeaseOneAsync()).DeliveryCount.Should().Be(1);
    }

    [Fact]
    public async Task Delay_DifferentDueTimes_BecomeReadyInDueOrder()
    {
        await AddAsync(Message("late", delay: 1.5 * Soon), Message("early", delay: Soon), Message("now"));
        await PassAsync(1.6 * Soon);
        await UntilAsync(ready: 3);

        Ids(await LeaseAsync(3)).Should().Equal(3, 2, 1);
    }

    [Fact]
    public async Task Delay_EqualDueTimes_KeepTheOrderOfAdding()
    {
        // More messages than one call moves, except when they are due together.
        await AddAsync(150, delay: Soon);
        await UntilAsync(ready: 150);

        Ids(await LeaseAsync(150)).Should().Equal(Numbers(1, 150));
    }

    [Fact]
    public async Task LeaseExpiry_SeveralMessages_ReturnToTheHeadCounted()
    {
        await AddAsync(13);
        var first = await LeaseAsync(12, Soon);
        await UntilAsync(ready: 13);

        var again = await LeaseAsync(13);
        Ids(again).Should().Equal(Numbers(1, 13));
        again.Select(message => message.DeliveryCount).Should().Equal([.. Enumerable.Repeat(2L, 12), 1]);
        (await SettleAsync(first[0], SettleAction.Ack)).Should().Be(SettleResult.Stale);
        (await SettleAsync(again[0], SettleAction.Ack)).Should().Be(SettleResult.Done);
    }

    [Fact]
    public async Task LeaseExpiry_DifferentEnds_ReturnsLowestIdFirst()
    {
        await AddAsync(3);
        await LeaseBatchAsync(new LeaseRequest(1, 1.3 * Soon), new LeaseRequest(1, 1.1 * Soon), new LeaseRequest(1, Soon));
        await PassAsync(1.4 * Soon);

        Ids(await LeaseAsync(3)).Should().Equal(1, 2, 3);
    }

    [Fact]
    public async Task LeaseExpiry_MaxReceivesReached_Buries()
    {
        await AddAsync(1);
        await ConfigureAsync(new QueueSettingsChange { MaxReceives = 1 });
        await LeaseOneAsync(Soon);

        await UntilAsync(dead: 1);

        (await PeekAsync(1))!.Reason.Should().Be("max_receives (1) reached");
        (await LeaseAsync(1)).Should().BeEmpty();
    }

    [Fact]
    public async Task Release_DefaultMaxReceives_BuriesAfter20()
    {
        await AddAsync(1);
        for (var count = 1; count <= 20; count++) await SettleAsync(await LeaseOneAsync(), SettleAction.Release);

        (await PeekAsync(1))!.Reason.Should().Be("max_receives (20) reached");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lease_ManyDueMessages_MovesAHundredAtATime(bool leased)
    {
        // Each is due at its own instant.
        TimeSpan[] times = [.. Numbers(1, 250).Select(n => Soon + TimeSpan.FromMilliseconds(n))];
        await AddAsync([.. times.Select(time => Message("due", delay: leased ? TimeSpan.Zero : time))]);
        if (leased) await LeaseBatchAsync([.. times.Select(time => new LeaseRequest(1, time))]);
        await PassAsync(1.2 * Soon + TimeSpan.FromMilliseconds(250));

        var sizes = new List<int>();
        for (var next = (TimeSpan?)TimeSpan.Zero; next == TimeSpan.Zero;)
        {
            var batch = await LeaseBatchAsync(new LeaseRequest(1000, Long));
            sizes.Add(batch.Messages.Count);
            next = batch.Next;
        }

        sizes.Should().Equal(100, 100, 50);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lease_ManyDueAtOneInstant_KeepsTheirOrder(bool leased)
    {
        await AddAsync(250, delay: leased ? TimeSpan.Zero : Soon);
        if (leased) await LeaseAsync(250, Soon);
        await UntilAsync(ready: 250);

        Ids(await LeaseAsync(250)).Should().Equal(Numbers(1, 250));
    }

    [Fact]
    public async Task Peek_ExpiredMessage_ReturnsNull()
    {
        await AddAsync(1, ttl: Soon);
        (await PeekAsync(1)).Should().NotBeNull();
        await PassAsync(1.2 * Soon);

        (await PeekAsync(1)).Should().BeNull();
    }

    [Fact]
    public async Task Lease_ExpiredMessage_IsSkipped()
    {
        await AddAsync(Message("short", ttl: Soon), Message("long", ttl: Long), Message("for ever"));
        await PassAsync(1.2 * Soon);

        Ids(await LeaseAsync(10)).Should().Equal(2, 3);
        (await PeekAsync(1)).Should().BeNull();
    }

    [Fact]
    public async Task Lease_MoreExpiredThanOneCallDrops_LeasesNoneOfThem()
    {
        await AddAsync(250, ttl: Soon);
        await AddAsync(1);
        await PassAsync(1.2 * Soon);

        (await LeaseOneAsync()).Key.Should().Be(Key(251));
        await UntilAsync(leased: 1);
    }

    [Fact]
    public async Task Delay_ExpiresBeforeDue_NeverBecomesReady()
    {
        await AddAsync(Message("dies first", delay: Long, ttl: Soon));

        await UntilAsync();
    }

    [Fact]
    public async Task Ack_ExpiredWhileLeased_Succeeds()
    {
        await AddAsync(1, ttl: Soon);
        var message = await LeaseOneAsync();
        await PassAsync(1.2 * Soon);

        (await StatesAsync()).Should().Be((0, 1, 0, 0));
        (await SettleAsync(message, SettleAction.Ack)).Should().Be(SettleResult.Done);
    }

    [Theory]
    [InlineData(SettleAction.Release, 0, 20)]
    [InlineData(SettleAction.Release, 60, 20)]
    [InlineData(SettleAction.Release, 0, 1)]
    [InlineData(SettleAction.Release, 60, 1)]
    [InlineData(SettleAction.Return, 0, 20)]
    public async Task Release_ExpiredWhileLeased_DropsTheMessage(SettleAction action, int pause, int maxReceives)
    {
        await ConfigureAsync(new QueueSettingsChange { MaxReceives = maxReceives });
        await AddAsync(1, ttl: Soon);
        var message = await LeaseOneAsync();
        await PassAsync(1.2 * Soon);
        (await StatesAsync()).Should().Be((0, 1, 0, 0), "a leased message may still be settled");

        (await SettleAsync(message, action, TimeSpan.FromSeconds(pause))).Should().Be(SettleResult.Done);

        (await PeekAsync(1)).Should().BeNull();
        (await StatesAsync()).Should().Be((0, 0, 0, 0));
    }

    [Fact]
    public async Task Return_WithTimeToLive_StillExpires()
    {
        await AddAsync(1, ttl: Soon);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Return);
        await UntilAsync();
    }

    [Fact]
    public async Task LeaseExpiry_ExpiredWhileLeased_DropsTheMessage()
    {
        await AddAsync(1, ttl: Soon);
        await LeaseOneAsync(1.5 * Soon);

        await UntilAsync();
        (await PeekAsync(1)).Should().BeNull();
    }

    [Fact]
    public async Task Bury_WithTimeToLive_NeverExpiresEvenRedriven()
    {
        await AddAsync(1, ttl: Soon);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Bury);
        await PassAsync(1.5 * Soon);
        (await StatesAsync()).Should().Be((0, 0, 0, 1));

        await Store.RedriveAsync(Queue, default);

        (await StatesAsync()).Should().Be((1, 0, 0, 0));
        (await LeaseOneAsync()).Key.Should().Be(Key(1));
    }

    [Fact]
    public async Task Add_QueueTimeToLive_AppliesToMessagesWithoutOne()
    {
        await AddAsync(1);
        await ConfigureAsync(new QueueSettingsChange { TimeToLive = Soon });
        await AddAsync(Message("the queue's"), Message("its own", ttl: Long));
        await ConfigureAsync(new QueueSettingsChange { TimeToLive = TimeSpan.Zero });
        await AddAsync(1);
        await PassAsync(1.2 * Soon);

        Ids(await LeaseAsync(10)).Should().Equal(1, 3, 4);
    }

    [Fact]
    public async Task AddWhole_QueueFullOfExpiredMessages_Adds()
    {
        await ConfigureAsync(new QueueSettingsChange { MaxLength = 1000 });
        await AddAsync(1000, ttl: Soon);
        await PassAsync(1.2 * Soon);

        var added = await Store.AddAsync(Queue, [.. Numbers(1, 1000).Select(n => Message($"{n}"))], allOrNothing: true, default);

        added.Should().OnlyContain(result => result.Status == AddStatus.Added);
    }

    [Fact]
    public async Task Add_QueueNeverLeasedFrom_DropsExpiredMessages()
    {
        for (var n = 0; n < 5; n++) await AddAsync(1000, ttl: Soon);
        await PassAsync(1.2 * Soon);

        for (var n = 0; n < 5; n++) await AddAsync(1000, ttl: Long);

        var stats = await StatsAsync();
        (stats.Ready, stats.TotalExpired).Should().Be((5000, 5000));
    }

    [Fact]
    public async Task PurgeState_ExpiredMessages_CountAsExpired()
    {
        await AddAsync(1000, ttl: Soon);
        await AddAsync(1000, ttl: Soon);
        await AddAsync(10);
        await PassAsync(1.2 * Soon);

        var purged = 0L;
        Purged step;
        do
        {
            step = await Store.PurgeAsync(Queue, MessageState.Ready, default);
            purged += step.Deleted;
        }
        while (step.More);

        (purged, (await StatsAsync()).TotalExpired).Should().Be((10, 2000));
    }
}
