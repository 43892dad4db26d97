namespace RestMq.Stores;

/// <summary>
/// Verifies that a message that expires or is buried by <c>max_receives</c> is counted once. The store counts it whose
/// call finds it.
/// </summary>
public abstract partial class QueueStoreContract
{
    private const string Expired = "restmq.expired.messages";
    private const string Buried = "restmq.buried.messages restmq.reason=max_receives";

    /// <summary>Gets the calls that move due messages.</summary>
    public static TheoryData<string> Movers => new("lease", "look", "broadcast", "last", "stats", "purge");

    [Theory, MemberData(nameof(Movers)), InlineData("add")]
    public async Task Expiry_FoundByAnyCall_IsCountedOnce(string call)
    {
        Meters.Listen();
        await AddAsync(3, ttl: Soon);
        await AddAsync(1);
        await PassAsync(1.2 * Soon);
        Meters[Expired].Should().Be(0, "no call has found the messages yet");

        await CallAsync(Store, call);
        Meters[Expired].Should().Be(3);

        foreach (var later in Movers) await CallAsync(Other, later);
        (Meters[Expired], Meters[Buried]).Should().Be((3, 0));
        (await StatsAsync()).TotalExpired.Should().Be(3);
    }

    [Theory, MemberData(nameof(Movers))]
    public async Task Burial_FoundByAnyCall_IsCountedOnce(string call)
    {
        Meters.Listen();
        await ConfigureAsync(new QueueSettingsChange { MaxReceives = 1 });
        await AddAsync(3);
        await LeaseAsync(3, Soon);
        await PassAsync(1.2 * Soon);
        Meters[Buried].Should().Be(0, "no call has found the messages yet");

        await CallAsync(Store, call);
        Meters[Buried].Should().Be(3);

        foreach (var later in Movers) await CallAsync(Other, later);
        (Meters[Expired], Meters[Buried]).Should().Be((0, 3));
    }

    [Fact]
    public async Task Settle_ExpiresOrBuriesBeyondTheRequest_IsCounted()
    {
        Meters.Listen();
        await ConfigureAsync(new QueueSettingsChange { MaxReceives = 1 });
        await AddAsync(Message("dies", ttl: Soon), Message("comes too often"), Message("is buried"), Message("is done"));
        var leased = await LeaseAsync(4);
        await PassAsync(1.2 * Soon);
        Meters[Expired].Should().Be(0, "a leased message may still be settled");

        await SettleAsync(leased.Take(2), SettleAction.Release);
        await SettleAsync(leased[2], SettleAction.Bury);
        await SettleAsync(leased[3], SettleAction.Ack);

        (Meters[Expired], Meters[Buried]).Should().Be((1, 1));
        var stats = await StatsAsync();
        (stats.TotalExpired, stats.TotalSettled, stats.Dead).Should().Be((1, 1, 2));
    }

    [Fact]
    public async Task Expiry_ManyMessagesInAnyState_CountsEachOnce()
    {
        Meters.Listen();
        await AddAsync(250, ttl: Soon);
        await AddAsync(150, delay: Long, ttl: Soon);
        await AddAsync(1);
        await PassAsync(1.2 * Soon);

        // The lease drops a hundred, and the expired messages before the one that it delivers.
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
            case "look": await store.PeekHeadAsync(Queue, default); break;
            case "broadcast": await store.BroadcastAsync(Queue, new BroadcastRequest(null, 1, 1), default); break;
            case "last": await store.BrowseAsync(Queue, MessageState.Ready, 1, default); break;
            case "stats": await store.StatsAsync(Queue, default); break;
            default: await store.PurgeAsync(Queue, MessageState.Leased, default); break;
        }
    }
}
