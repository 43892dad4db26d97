namespace RestMq.Stores;

/// <summary>What dies or is buried without its receiver's doing is counted once: by the store whose call came upon it.</summary>
public abstract partial class QueueStoreContract
{
    private const string Expired = "restmq.expired.messages";
    private const string Buried = "restmq.buried.messages restmq.reason=max_receives";

    /// <summary>Calls that move what is due.</summary>
    public static TheoryData<string> Movers => new("lease", "look", "broadcast", "last", "stats", "purge");

    [Theory, MemberData(nameof(Movers)), InlineData("add")]
    public async Task Whichever_call_comes_upon_the_dead_counts_them_and_no_other_does(string call)
    {
        Meters.Listen();
        await AddAsync(3, ttl: Soon);
        await AddAsync(1);
        await PassAsync(1.2 * Soon);
        Meters[Expired].Should().Be(0, "nobody has been there");

        await CallAsync(Store, call);
        Meters[Expired].Should().Be(3);

        foreach (var later in Movers) await CallAsync(Other, later);
        (Meters[Expired], Meters[Buried]).Should().Be((3, 0));
        (await StatsAsync()).TotalExpired.Should().Be(3);
    }

    [Theory, MemberData(nameof(Movers))]
    public async Task Whichever_call_finds_the_last_lease_over_counts_the_burial_and_no_other_does(string call)
    {
        Meters.Listen();
        await ConfigureAsync(new QueueSettingsChange { MaxReceives = 1 });
        await AddAsync(3);
        await LeaseAsync(3, Soon);
        await PassAsync(1.2 * Soon);
        Meters[Buried].Should().Be(0, "nobody has been there");

        await CallAsync(Store, call);
        Meters[Buried].Should().Be(3);

        foreach (var later in Movers) await CallAsync(Other, later);
        (Meters[Expired], Meters[Buried]).Should().Be((0, 3));
    }

    [Fact]
    public async Task What_a_settlement_ends_is_counted_too_but_for_what_the_caller_asked()
    {
        Meters.Listen();
        await ConfigureAsync(new QueueSettingsChange { MaxReceives = 1 });
        await AddAsync(Message("dies", ttl: Soon), Message("comes too often"), Message("is buried"), Message("is done"));
        var leased = await LeaseAsync(4);
        await PassAsync(1.2 * Soon);
        Meters[Expired].Should().Be(0, "a leased one may finish");

        await SettleAsync(leased.Take(2), SettleAction.Release);
        await SettleAsync(leased[2], SettleAction.Bury);
        await SettleAsync(leased[3], SettleAction.Ack);

        (Meters[Expired], Meters[Buried]).Should().Be((1, 1));
        var stats = await StatsAsync();
        (stats.TotalExpired, stats.TotalSettled, stats.Dead).Should().Be((1, 1, 2));
    }

    [Fact]
    public async Task However_many_died_and_wherever_they_were_each_is_counted_once()
    {
        Meters.Listen();
        await AddAsync(250, ttl: Soon);
        await AddAsync(150, delay: Long, ttl: Soon);
        await AddAsync(1);
        await PassAsync(1.2 * Soon);

        // It drops a hundred, and what stands before the one that it hands out.
        await LeaseOneAsync();
        await UntilAsync(leased: 1);

        Meters[Expired].Should().Be(400);
        (await StatsAsync()).TotalExpired.Should().Be(400);
    }

    private async Task CallAsync(IQueueStore store, string call)
    {
        switch (call)
        {
            case "add": await store.AddAsync(Queue, [Message("x")], default); break;
            case "lease": await store.LeaseAsync(Queue, [new LeaseRequest(1, Long)], default); break;
            case "look": await store.LookAsync(Queue, default); break;
            case "broadcast": await store.BroadcastAsync(Queue, new BroadcastRequest(null, 1, 1), default); break;
            case "last": await store.LastAsync(Queue, MessageState.Ready, 1, default); break;
            case "stats": await store.StatsAsync(Queue, default); break;
            default: await store.PurgeAsync(Queue, MessageState.Leased, default); break;
        }
    }
}
