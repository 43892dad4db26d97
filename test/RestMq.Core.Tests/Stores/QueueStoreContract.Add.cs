using System.Text;

namespace RestMq.Stores;

public abstract partial class QueueStoreContract
{
    [Fact]
    public async Task Add_EachQueue_NumbersIdsFromOne()
    {
        var results = await AddAsync(3);
        var more = await AddAsync(1);
        var other = await Store.AddAsync(NextQueue(), [Message("elsewhere")], default);

        results.Should().Equal(Numbers(1, 3).Select(id => new AddResult(AddStatus.Added, Key(id))));
        more.Single().Key.Should().Be(Key(4));
        other.Single().Key.Id.Should().Be(1);
    }

    [Fact]
    public async Task Lease_SeveralAdds_KeepsTheirOrder()
    {
        await AddAsync(3);
        await AddAsync(2);

        (await LeaseAsync(4)).Select(message => message.Body.ToString()).Should().Equal("message 1", "message 2", "message 3", "message 1");
        (await LeaseOneAsync()).Key.Should().Be(Key(5));
        (await LeaseAsync(1)).Should().BeEmpty();
    }

    [Fact]
    public async Task Add_LongBatch_KeepsItsOrder()
    {
        await AddAsync(1000);

        Ids(await LeaseAsync(1000)).Should().Equal(Numbers(1, 1000));
    }

    [Fact]
    public async Task Add_BodyOfAnyKind_RoundTripsByteForByte()
    {
        var everyByte = Enumerable.Range(0, 256).Select(value => (byte)value).ToArray();
        var large = new byte[1024 * 1024];
        new Random(1).NextBytes(large);
        MessageBody[] bodies =
        [
            MessageBody.FromText(""),
            MessageBody.FromText("a\0b\r\nc\n"),
            MessageBody.FromText("café 日本 🐇"),
            MessageBody.FromJson(Encoding.UTF8.GetBytes("""{ "b": 1.0, "a" : [null, "\u0000"] }""")),
            MessageBody.FromRequest("{}"u8.ToArray(), "application/vnd.example+json; charset=utf-8"),
            MessageBody.FromRequest("<p>"u8.ToArray(), "text/html"),
            MessageBody.FromBytes(Array.Empty<byte>()),
            MessageBody.FromBytes(everyByte),
            MessageBody.FromBytes(everyByte, "image/png"),
            MessageBody.FromBytes(new byte[100], "application/x; name=\"a b; c\""),
            MessageBody.FromBytes(large, "application/octet-stream"),
        ];
        await AddAsync([.. bodies.Select(body => new NewMessage(body))]);

        var taken = await LeaseAsync(bodies.Length);

        taken.Should().HaveCount(bodies.Length);
        foreach (var (body, message) in bodies.Zip(taken))
        {
            message.Body.Kind.Should().Be(body.Kind);
            message.Body.ContentType.Should().Be(body.ContentType);
            message.Body.Bytes.Span.SequenceEqual(body.Bytes.Span).Should().BeTrue();
            (await PeekAsync(message.Key.Id))!.Message.Body.Bytes.Span.SequenceEqual(body.Bytes.Span).Should().BeTrue();
        }
    }

    [Fact]
    public async Task Lease_LargeMessages_IsBoundedByBytes()
    {
        var large = MessageBody.FromBytes(new byte[1024 * 1024]);
        for (var n = 0; n < 5; n++) await AddAsync([.. Enumerable.Repeat(new NewMessage(large), 4)]);

        (await Store.BrowseAsync(Queue, MessageState.Ready, 20, default)).Count.Should().BeInRange(16, 18);
        var batch = await LeaseBatchAsync(new LeaseRequest(1, Long), new LeaseRequest(1000, Long));
        batch.Messages.Count.Should().BeInRange(16, 18);
        batch.Next.Should().Be(TimeSpan.Zero, "more messages are ready for the next call");
        (await LeaseAsync(1000)).Should().HaveCount(20 - batch.Messages.Count);
    }

    [Fact]
    public async Task Lease_Message_ReportsItsAddTime()
    {
        await AddAsync(1);
        var first = await Store.PeekHeadAsync(Queue, default);
        await PassAsync(Soon);
        await AddAsync(1);

        var taken = await LeaseAsync(2);

        taken[0].Added.Should().Be(first!.Added);
        (taken[1].Added - taken[0].Added).Should().BeGreaterThanOrEqualTo(Soon * 0.9);
    }

    [Fact]
    public async Task Add_SameIdempotencyKey_ReturnsTheFirstKey()
    {
        await AddAsync(Message("first", once: "a"));
        await AddAsync(Message("between"));

        var again = await AddAsync(Message("second", once: "a"), Message("other", once: "b"));

        again.Should().Equal(new AddResult(AddStatus.Duplicate, Key(1)), new AddResult(AddStatus.Added, Key(3)));
        (await LeaseAsync(10)).Select(message => message.Body.ToString()).Should().Equal("first", "between", "other");
    }

    [Fact]
    public async Task Add_SameIdempotencyKeyInABatch_AddsOnce()
    {
        var results = await AddAsync(Message("first", once: "a"), Message("second", once: "a"), Message("third"));

        results.Should().Equal(
            new AddResult(AddStatus.Added, Key(1)), new AddResult(AddStatus.Duplicate, Key(1)), new AddResult(AddStatus.Added, Key(2)));
    }

    [Fact]
    public async Task Add_IdempotencyKeyOfAnAckedMessage_IsDuplicate()
    {
        await AddAsync(Message("first", once: "a"));
        await SettleAsync(await LeaseOneAsync(), SettleAction.Ack);

        (await AddAsync(Message("again", once: "a"))).Single().Should().Be(new AddResult(AddStatus.Duplicate, Key(1)));
    }

    [Fact]
    public async Task Add_SameIdempotencyKeyInAnotherQueue_Adds()
    {
        await AddAsync(Message("first", once: "a"));

        (await Store.AddAsync(NextQueue(), [Message("elsewhere", once: "a")], default)).Single().Status.Should().Be(AddStatus.Added);
    }

    [Fact]
    public async Task Add_IdempotencyKeyAfterItsWindow_AddsAgain()
    {
        await AddAsync(Message("first", once: "a"));
        await PassAsync(6 * Soon);

        (await AddAsync(Message("again", once: "a"))).Single().Should().Be(new AddResult(AddStatus.Added, Key(2)));
    }

    [Fact]
    public async Task Add_OwnIdempotencyWindow_CountsOverTheOption()
    {
        await AddAsync(Message("long", once: "a") with { IdempotencyWindow = 20 * Soon }, Message("short", once: "b") with { IdempotencyWindow = 2 * Soon });
        await PassAsync(3 * Soon);
        (await AddAsync(Message("again", once: "a"), Message("again", once: "b"))).Select(result => result.Status)
            .Should().Equal(AddStatus.Duplicate, AddStatus.Added);
        await PassAsync(6 * Soon);
        (await AddAsync(Message("again", once: "a"), Message("again", once: "b"))).Select(result => result.Status)
            .Should().Equal(AddStatus.Duplicate, AddStatus.Added);
    }

    [Fact]
    public async Task Add_SameIdempotencyKeyOtherFingerprint_IsRefused()
    {
        await AddAsync(Message("first", once: "a") with { Fingerprint = 1 }, Message("unknown", once: "b"));

        (await AddAsync(
            Message("first", once: "a") with { Fingerprint = 1 }, Message("other", once: "a") with { Fingerprint = uint.MaxValue }, Message("none", once: "a"),
            Message("other", once: "b") with { Fingerprint = 2 }, Message("third"))).Should().Equal(
            new AddResult(AddStatus.Duplicate, Key(1)), new AddResult(AddStatus.KeyReused, Key(1)), new AddResult(AddStatus.Duplicate, Key(1)),
            new AddResult(AddStatus.Duplicate, Key(2)), new AddResult(AddStatus.Added, Key(3)));
    }

    [Fact]
    public async Task AddWhole_OneFingerprintDiffers_AddsNothing()
    {
        await AddAsync(Message("first", once: "a") with { Fingerprint = 1 }, Message("second", once: "b") with { Fingerprint = 2 });

        (await Store.AddAsync(
            Queue, [Message("new"), Message("first", once: "a") with { Fingerprint = 1 }, Message("other", once: "b") with { Fingerprint = 3 }, Message("new", once: "c")],
            allOrNothing: true, default)).Select(result => result.Status)
            .Should().Equal(AddStatus.Full, AddStatus.Duplicate, AddStatus.KeyReused, AddStatus.Full);
        (await StatesAsync()).Should().Be((2, 0, 0, 0));
        (await AddAsync(Message("now", once: "c"))).Single().Should().Be(new AddResult(AddStatus.Added, Key(3)));
    }

    [Fact]
    public async Task Add_FullQueue_UsesNoId()
    {
        await ConfigureAsync(new QueueSettingsChange { MaxLength = 2 });

        (await AddAsync(3)).Select(result => result.Status).Should().Equal(AddStatus.Added, AddStatus.Added, AddStatus.Full);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Ack);

        (await AddAsync(1)).Single().Should().Be(new AddResult(AddStatus.Added, Key(3)));
    }

    [Fact]
    public async Task AddWhole_BatchExceedsMaxLength_AddsNothing()
    {
        await ConfigureAsync(new QueueSettingsChange { MaxLength = 3 });
        await AddAsync(1);

        (await Store.AddAsync(Queue, [Message("a"), Message("b"), Message("c")], allOrNothing: true, default)).Select(result => result.Status)
            .Should().Equal(AddStatus.Full, AddStatus.Full, AddStatus.Full);
        (await StatesAsync()).Should().Be((1, 0, 0, 0));
        (await Store.AddAsync(Queue, [Message("a"), Message("b")], allOrNothing: true, default)).Select(result => result.Key)
            .Should().Equal(Key(2), Key(3));
    }

    [Fact]
    public async Task AddWhole_Duplicates_NeedNoRoom()
    {
        await ConfigureAsync(new QueueSettingsChange { MaxLength = 3 });
        await AddAsync(Message("first", once: "a"), Message("second", once: "b"));

        (await AddWholeAsync(Message("first", once: "a"), Message("second", once: "b"))).Should().Equal(
            new AddResult(AddStatus.Duplicate, Key(1)), new AddResult(AddStatus.Duplicate, Key(2)));
        (await AddWholeAsync(Message("first", once: "a"), Message("third", once: "c"), Message("third", once: "c"))).Should().Equal(
            new AddResult(AddStatus.Duplicate, Key(1)), new AddResult(AddStatus.Added, Key(3)), new AddResult(AddStatus.Duplicate, Key(3)));
        (await AddWholeAsync(Message("first", once: "a"), Message("fourth", once: "d"))).Select(result => result.Status)
            .Should().Equal(AddStatus.Duplicate, AddStatus.Full);
        (await StatesAsync()).Should().Be((3, 0, 0, 0));

        async Task<AddResult[]> AddWholeAsync(params NewMessage[] messages) => await Store.AddAsync(Queue, messages, allOrNothing: true, default);
    }

    [Fact]
    public async Task Add_MessagesInEveryState_CountForMaxLength()
    {
        await AddAsync(3);
        await AddAsync(1, delay: Long);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Bury);
        await LeaseOneAsync();
        (await StatesAsync()).Should().Be((1, 1, 1, 1));

        await ConfigureAsync(new QueueSettingsChange { MaxLength = 4 });
        (await AddAsync(1)).Single().Status.Should().Be(AddStatus.Full);

        await DeleteAsync(1);
        (await AddAsync(1)).Single().Status.Should().Be(AddStatus.Added);
    }

    [Fact]
    public async Task Add_FullQueue_KnowsDuplicatesAndForgetsRejectedKeys()
    {
        await ConfigureAsync(new QueueSettingsChange { MaxLength = 1 });
        await AddAsync(Message("first", once: "a"));

        (await AddAsync(Message("again", once: "a"), Message("refused", once: "b"))).Select(result => result.Status)
            .Should().Equal(AddStatus.Duplicate, AddStatus.Full);

        await DeleteAsync(1);
        (await AddAsync(Message("now", once: "b"))).Single().Status.Should().Be(AddStatus.Added);
    }

    [Fact]
    public async Task Add_FullQueueWithAnExpiredMessage_Adds()
    {
        await ConfigureAsync(new QueueSettingsChange { MaxLength = 1 });
        await AddAsync(1, ttl: Soon);
        (await AddAsync(1)).Single().Status.Should().Be(AddStatus.Full);
        await PassAsync(1.2 * Soon);

        (await AddAsync(1)).Single().Status.Should().Be(AddStatus.Added);
    }

    [Fact]
    public async Task Lease_ManyProducersAndConsumers_AcksEachMessageOnce()
    {
        const int Producers = 8, Consumers = 8, Each = 250;
        var taken = new System.Collections.Concurrent.ConcurrentBag<string>();
        using var all = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        var producers = Enumerable.Range(0, Producers).Select(producer => Task.Run(async () =>
        {
            for (var n = 0; n < Each; n += 5) await AddAsync([.. Enumerable.Range(n, 5).Select(m => Message($"{producer}:{m}"))]);
        }));
        var consumers = Enumerable.Range(0, Consumers).Select(consumer => Task.Run(async () =>
        {
            while (taken.Count < Producers * Each && !all.IsCancellationRequested)
            {
                var messages = await LeaseAsync(1 + consumer);
                if (messages.Count == 0)
                {
                    await Task.Yield();
                    continue;
                }
                // Every third message is released on its first delivery, so that the head is contended too.
                var back = messages.Where(message => message.DeliveryCount == 1 && message.Key.Id % 3 == 0).ToArray();
                var done = messages.Except(back).ToArray();
                foreach (var message in done) taken.Add(message.Body.ToString());
                var settled = await SettleAsync([
                    .. back.Select(message => new Settlement(message.Receipt, SettleAction.Release)),
                    .. done.Select(message => new Settlement(message.Receipt, SettleAction.Ack))]);
                settled.Should().OnlyContain(result => result == SettleResult.Done);
            }
        }));
        await Task.WhenAll([.. producers, .. consumers]);

        taken.Should().HaveCount(Producers * Each).And.OnlyHaveUniqueItems();
        (await StatesAsync()).Should().Be((0, 0, 0, 0));
        (await StatsAsync()).TotalSettled.Should().Be(Producers * Each);
    }
}
