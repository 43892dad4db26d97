namespace RestMq.Delivery;

/// <summary>
/// Verifies that a live consumer that resumes gets the messages it missed, or the number of messages it missed.
/// </summary>
public abstract partial class LiveTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(15, 16)]
    [InlineData(19, 20)]
    public async Task Resume_WithinTheHistory_ReceivesMissedAndNewMessages(int after, int first)
    {
        await BroadcastAsync(20);

        foreach (var host in new[] { _one, _two })
        {
            await using var listener = await ListenAsync(host, After(after));
            (await listener.MessagesAsync(20 - after)).Select(message => message.Sequence).Should().Equal(Numbers(first, 20));
        }
        await using var last = await ListenAsync(_one, After(after));
        await last.MessagesAsync(20 - after);
        await AddAsync(1);
        (await last.IdsAsync(1)).Should().Equal(21);
    }

    [Fact]
    public async Task Resume_WithReadyMessages_ReceivesThemAfterTheHistory()
    {
        await BroadcastAsync(3);
        await AddAsync(2);

        await using var listener = await ListenAsync(_one, After(1));

        (await listener.MessagesAsync(4)).Select(message => message.Sequence).Should().Equal(2, 3, 4, 5);
    }

    [Theory]
    [InlineData(3, 4)]
    [InlineData(100, 1)]
    [InlineData(long.MaxValue, 1)]
    public async Task Resume_AtOrBeyondTheEnd_ReceivesNewMessagesOrAll(long after, int first)
    {
        await BroadcastAsync(3);
        await AddAsync(2);

        await using var listener = await ListenAsync(_one, After(after));

        (await listener.IdsAsync(6 - first)).Should().Equal(Numbers(first, 5));
        await AddAsync(1);
        (await listener.IdsAsync(1)).Should().Equal(6);
    }

    [Fact]
    public async Task Resume_BeyondTheEnd_ReceivesTheWholeHistory()
    {
        await using var other = await ListenFromNowAsync(_one);
        await AddAsync(3);
        await other.IdsAsync(3);
        await ConfigureAsync(new QueueSettingsChange { Stopped = true });
        await AddAsync(5);

        await using var beyond = await ListenAsync(_one, After(5));
        await ConfigureAsync(new QueueSettingsChange { Stopped = false });

        (await beyond.IdsAsync(8)).Should().Equal(Numbers(1, 8));
    }

    [Fact]
    public async Task BroadcastStep_AfterSequenceBeyondTheEnd_ReadsFromTheEnd()
    {
        // This happens after the counters of a purged queue were forgotten, or after the server lost its data.
        await AddAsync(2);

        var batch = await _one.Store.BroadcastAsync(Queue, new Stores.BroadcastRequest(After: 10, Move: 10, Read: 10), default);

        batch.After.Should().Be(0);
        batch.Messages.Select(message => message.Sequence).Should().Equal(1, 2);
    }

    [Fact]
    public async Task Resume_UnknownQueue_ReceivesNewMessages()
    {
        await using var beginning = await ListenAsync(_one, After(0));
        await using var beyond = await ListenAsync(_two, After(7));
        await AddAsync(2);

        (await beginning.IdsAsync(2)).Should().Equal(1, 2);
        (await beyond.IdsAsync(2)).Should().Equal(1, 2);
    }

    [Fact]
    public async Task Resume_BeforeTheHistory_ReportsTheMissedCount()
    {
        await ConfigureAsync(new QueueSettingsChange { History = 10 });
        await BroadcastAsync(30);

        await using var listener = await ListenAsync(_two, After(5));

        var events = await listener.ReadAsync(10);
        events.Select(e => e.Message!.Sequence).Should().Equal(Numbers(21, 30));
        events.Select(e => e.Missed).Should().Equal(15, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    [Fact]
    public async Task Resume_WithoutHistory_ReportsTheMissedCountAtOnce()
    {
        await ConfigureAsync(new QueueSettingsChange { History = 0 });
        await BroadcastAsync(30);

        await using var listener = await ListenAsync(_one, After(5));

        (await listener.NextAsync()).Should().Be(new LiveEvent(null, 25));
        await AddAsync(1);
        (await listener.MessagesAsync(1)).Should().ContainSingle().Which.Sequence.Should().Be(31);
    }

    [Fact]
    public async Task Resume_UnreadGapEvent_TakesNoBufferSlot()
    {
        var host = TestHosts.NewHost(options => options.ConsumerBuffer = 10);
        await ConfigureAsync(new QueueSettingsChange { History = 0 });
        await BroadcastAsync(5);
        await using var listener = await ListenAsync(host, After(1));
        await Deadline.Until(() => listener.Waiting == 1);

        await AddAsync(30);
        await Deadline.Until(async () => (await Engine.LengthAsync(Queue)) == 20);
        await SleepsAsync(host);

        (await listener.NextAsync()).Should().Be(new LiveEvent(null, 4));
        (await listener.IdsAsync(30)).Should().Equal(Numbers(6, 35));
    }

    /// <summary>Adds messages and delivers them to a consumer that then leaves, so that they are in the log.</summary>
    private async Task BroadcastAsync(int count)
    {
        await using var listener = await ListenAsync(_two);
        await AddAsync(count);
        await listener.MessagesAsync(count);
    }
}
