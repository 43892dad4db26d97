using System.Text;
namespace RestMq.Stores;

public abstract partial class QueueStoreContract
{
    [Fact]
    public async Task Read_UnknownQueue_CreatesNothing()
    {
        (await LeaseAsync(1)).Should().BeEmpty();
        (await Store.PeekHeadAsync(Queue, default)).Should().BeNull();
        (await PeekAsync(1)).Should().BeNull();
        (await DeleteAsync(1)).Should().Equal(SettleResult.Unknown);
        foreach (var state in Enum.GetValues<MessageState>()) (await BrowseAsync(state)).Should().BeEmpty();
        (await ConfigureAsync(new QueueSettingsChange())).Should().Be(new QueueSettings());
        (await StatsAsync()).Should().Be(new QueueStats(Queue, new QueueSettings()));
        (await Store.RedriveAsync(Queue, default)).Should().Be(0);
        (await Store.RedriveAsync(Key(1), default)).Should().BeFalse();
        foreach (var state in Enum.GetValues<MessageState>()) (await Store.PurgeAsync(Queue, state, default)).Should().Be(default(Purged));
        var broadcast = await BroadcastAsync();
        broadcast.Messages.Should().BeEmpty();
        (broadcast.After, broadcast.Last, broadcast.Next, broadcast.Settings).Should().Be((0, 0, null, default(LiveState)));
        (await Store.DeleteQueueAsync(Queue, default)).Should().BeFalse();

        (await Store.ListAllAsync()).Should().NotContain(Queue);
    }

    [Fact]
    public async Task List_AddedOrConfiguredQueues_AreInByteOrder()
    {
        // In UTF-16, the last two names sort the other way round.
        var names = new[] { "b", "B", "a", "é", "a:1", "Z", "\U0001F600", "\uFF21" }.Select(end => QueueName.Parse(Queue.Value + end)).ToArray();
        foreach (var name in names[..3]) await Store.AddAsync(name, [Message("hello")], default);
        foreach (var name in names[3..]) await Store.ConfigureAsync(name, new QueueSettingsChange { Stopped = true }, default);

        var listed = (await Store.ListAllAsync()).Where(name => name.Value.StartsWith(Queue.Value, StringComparison.Ordinal));

        listed.Should().Equal(names.OrderBy(name => Convert.ToHexString(Encoding.UTF8.GetBytes(name.Value)), StringComparer.Ordinal));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(7)]
    public async Task List_InPages_ReturnsEveryNameOnceInOrder(int page)
    {
        var names = Enumerable.Range(1, 6).Select(n => QueueName.Parse($"{Queue}{n}")).ToArray();
        foreach (var name in names) await Store.AddAsync(name, [Message("hello")], default);

        var listed = new List<QueueName>();
        // Pages begin after a name that does not exist, and end with the last page.
        for (var after = Queue; await Store.ListAsync(after, page, default) is { Count: > 0 } some; after = listed[^1])
        {
            some.Count.Should().BeLessThanOrEqualTo(page);
            listed.AddRange(some);
        }

        listed.Where(name => name.Value.StartsWith(Queue.Value, StringComparison.Ordinal)).Should().Equal(names);
        listed.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task List_AfterTheLastName_ReturnsNothing()
    {
        await AddAsync(1);
        var last = (await Store.ListAllAsync())[^1];

        (await Store.ListAsync(last, 10, default)).Should().BeEmpty();
        (await Store.ListAsync(QueueName.Parse("\U0010FFFD"), 10, default)).Should().BeEmpty();
    }

    [Fact]
    public async Task List_EmptiedQueue_StaysListed()
    {
        await AddAsync(1);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Ack);

        (await Store.ListAllAsync()).Should().Contain(Queue);
    }

    [Fact]
    public async Task Peek_MessageInAnyState_ChangesNothing()
    {
        await AddAsync(3);
        await AddAsync(1, delay: Long);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Bury);
        await LeaseOneAsync();

        for (var times = 0; times < 2; times++)
        {
            var dead = await PeekAsync(1);
            (dead!.State, dead.Due, dead.Reason).Should().Be((MessageState.Dead, null, "a reason"));
            var leased = await PeekAsync(2);
            (leased!.State, leased.Reason, leased.Message.DeliveryCount).Should().Be((MessageState.Leased, null, 1));
            leased.Due.Should().BeCloseTo(leased.Message.Added + Long, TimeSpan.FromSeconds(10));
            var ready = await PeekAsync(3);
            (ready!.State, ready.Due, ready.Reason, ready.Message.DeliveryCount).Should().Be((MessageState.Ready, null, null, 0));
            var delayed = await PeekAsync(4);
            (delayed!.State, delayed.Reason, delayed.Message.DeliveryCount).Should().Be((MessageState.Delayed, null, 0));
            (delayed.Due - delayed.Message.Added).Should().Be(Long);
        }
        (await PeekAsync(5)).Should().BeNull();
    }

    [Fact]
    public async Task Last_EachState_ReturnsNewestFirst()
    {
        await AddAsync(30);
        await AddAsync(Message("longer", delay: 2 * Long), Message("shorter", delay: Long));
        var leased = await LeaseBatchAsync(
            new LeaseRequest(1, 2 * Long), new LeaseRequest(1, 3 * Long), new LeaseRequest(1, Long), new LeaseRequest(2, Long));
        await SettleAsync(leased.Messages[4], SettleAction.Bury);
        await PassAsync(Soon / 4);
        await SettleAsync(leased.Messages[3], SettleAction.Bury);

        (await BrowseAsync(MessageState.Ready, 10)).Should().Equal(Numbers(21, 30).Reverse());
        (await BrowseAsync(MessageState.Ready)).Should().Equal(Numbers(6, 30).Reverse());
        (await BrowseAsync(MessageState.Delayed)).Should().Equal(31, 32);
        (await BrowseAsync(MessageState.Leased)).Should().Equal(2, 1, 3);
        (await BrowseAsync(MessageState.Leased, 1)).Should().Equal(2);
        (await BrowseAsync(MessageState.Dead)).Should().Equal(4, 5);
    }

    [Fact]
    public async Task Last_ManyDeletedBetween_ReturnsTheRemaining()
    {
        await AddAsync(60);
        await DeleteAsync([.. Numbers(2, 59)]);

        (await BrowseAsync(MessageState.Ready, 10)).Should().Equal(60, 1);
        Ids(await LeaseAsync(10)).Should().Equal(1, 60);
    }

    [Theory, InlineData(12), InlineData(1000)]
    public async Task Last_EqualDueTimes_OrdersById(int count)
    {
        await AddAsync(count);
        await LeaseAsync(count);
        await AddAsync(count, delay: Long);

        (await BrowseAsync(MessageState.Leased, 10)).Should().Equal(Numbers(count - 9, count).Reverse());
        (await BrowseAsync(MessageState.Delayed, 10)).Should().Equal(Numbers((2 * count) - 9, 2 * count).Reverse());
        (await BrowseAsync(MessageState.Leased)).Should().Equal(Numbers(1, count).Reverse());
    }

    [Fact]
    public async Task Purge_MessagesInEveryState_DeletesAllAndContinuesIds()
    {
        await AddAsync(3);
        await AddAsync(1, delay: Long);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Bury);
        var held = await LeaseOneAsync();
        await ConfigureAsync(new QueueSettingsChange { MaxReceives = 3, Stopped = true, Policy = QueuePolicy.RoundRobin });

        (await Store.DeleteQueueAsync(Queue, default)).Should().BeTrue();

        (await StatsAsync()).Should().BeEquivalentTo(new QueueStats(Queue, new QueueSettings()), options => options.Excluding(s => s.TotalAdded));
        foreach (var id in Numbers(1, 4)) (await PeekAsync(id)).Should().BeNull();
        (await SettleAsync(held, SettleAction.Ack)).Should().Be(SettleResult.Unknown);
        (await Store.ListAllAsync()).Should().NotContain(Queue);
        (await Store.DeleteQueueAsync(Queue, default)).Should().BeFalse();
        (await AddAsync(1)).Single().Key.Should().Be(Key(5));
        (await Store.ListAllAsync()).Should().Contain(Queue);
    }

    [Fact]
    public async Task Purge_QueueOnlyWaitedOn_ReturnsFalse()
    {
        await LeaseBatchAsync(new LeaseRequest(1, Long, Held: true));

        (await Store.DeleteQueueAsync(Queue, default)).Should().BeFalse();
    }

    [Fact]
    public async Task Purge_IdempotencyKeys_AreForgotten()
    {
        await AddAsync(Message("first", once: "a"));
        await Store.DeleteQueueAsync(Queue, default);

        (await AddAsync(Message("second", once: "a"))).Single().Should().Be(new AddResult(AddStatus.Added, Key(2)));
        (await AddAsync(Message("third", once: "a"))).Single().Should().Be(new AddResult(AddStatus.Duplicate, Key(2)));
    }

    [Fact]
    public async Task Purge_OnlySettings_ReturnsTrue()
    {
        await ConfigureAsync(new QueueSettingsChange { Stopped = true });

        (await Store.DeleteQueueAsync(Queue, default)).Should().BeTrue();
        (await ConfigureAsync(new QueueSettingsChange())).Should().Be(new QueueSettings());
    }

    [Fact]
    public async Task Add_DuringPurges_NeverReusesAnId()
    {
        var keys = new System.Collections.Concurrent.ConcurrentBag<long>();
        var adding = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var n = 0; n < 200; n++) keys.Add((await AddAsync(1)).Single().Key.Id);
        })).ToArray();
        while (!Task.WhenAll(adding).IsCompleted)
        {
            await Store.DeleteQueueAsync(Queue, default);
            await Task.Yield();
        }
        await Task.WhenAll(adding);

        keys.Should().HaveCount(800).And.OnlyHaveUniqueItems();
        (await AddAsync(1)).Single().Key.Id.Should().Be(801);
        (await Store.ListAllAsync()).Should().Contain(Queue);
    }

    [Fact]
    public async Task Configure_SomeSettings_KeepsTheOthers()
    {
        var first = await ConfigureAsync(new QueueSettingsChange { MaxReceives = 3, MaxLength = 10, TimeToLive = Long, History = 5 });
        var second = await ConfigureAsync(new QueueSettingsChange { Policy = QueuePolicy.RoundRobin, Stopped = true });

        first.Should().Be(new QueueSettings { MaxReceives = 3, MaxLength = 10, TimeToLive = Long, History = 5 });
        second.Should().Be(first with { Policy = QueuePolicy.RoundRobin, Stopped = true });
        (await ConfigureAsync(new QueueSettingsChange())).Should().Be(second);
        (await StatsAsync()).Settings.Should().Be(second);
    }

    [Fact]
    public async Task Configure_Zero_RemovesTheLimit()
    {
        await ConfigureAsync(new QueueSettingsChange { MaxLength = 10, TimeToLive = Long });

        var settings = await ConfigureAsync(new QueueSettingsChange { MaxLength = 0, TimeToLive = TimeSpan.Zero });

        (settings.MaxLength, settings.TimeToLive).Should().Be((null, null));
        (await AddAsync(11)).Should().OnlyContain(result => result.Status == AddStatus.Added);
    }

    [Fact]
    public async Task Stats_MessagesInEveryState_AreCounted()
    {
        await AddAsync(5);
        await AddAsync(1, delay: Long);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Bury);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Ack);
        await LeaseOneAsync();
        await DeleteAsync(4);
        await PassAsync(Soon);

        var stats = await StatsAsync();

        (stats.Ready, stats.Leased, stats.Delayed, stats.Dead, stats.Total).Should().Be((1, 1, 1, 1, 4));
        (stats.TotalAdded, stats.TotalSettled).Should().Be((6, 2));
        stats.OldestAge.Should().BeGreaterThanOrEqualTo(Soon * 0.9);
        stats.Queue.Should().Be(Queue);
    }

    [Fact]
    public async Task Stats_AfterPurge_TotalsStartAgain()
    {
        await AddAsync(3);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Ack);
        await Store.DeleteQueueAsync(Queue, default);
        await AddAsync(1);

        var stats = await StatsAsync();

        (stats.TotalAdded, stats.TotalSettled).Should().Be((1, 0));
    }

    [Fact]
    public async Task Stats_OldestAge_IsOfTheHead()
    {
        await AddAsync(2);
        await PassAsync(Soon);
        await AddAsync(1);
        await DeleteAsync(1, 2);

        (await StatsAsync()).OldestAge.Should().BeLessThan(Soon * 0.9);
        await DeleteAsync(3);
        (await StatsAsync()).OldestAge.Should().BeNull();
    }
}
