namespace RestMq.Delivery;

/// <summary>A consumer that comes back gets what it missed, or is told how much it missed.</summary>
public abstract partial class LiveTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(15, 16)]
    [InlineData(19, 20)]
    public async Task One_who_comes_back_gets_what_it_missed_and_what_is_new(int after, int first)
    {
        await BroadcastAsync(20);

        foreach (var daemon in new[] { _one, _two })
        {
            await using var listener = await ListenAsync(daemon, After(after));
            (await listener.MessagesAsync(20 - after)).Select(message => message.Sequence).Should().Equal(Numbers(first, 20));
        }
        await using var last = await ListenAsync(_one, After(after));
        await last.MessagesAsync(20 - after);
        await AddAsync(1);
        (await last.IdsAsync(1)).Should().Equal(21);
    }

    [Fact]
    public async Task One_who_comes_back_gets_what_waits_in_the_queue_after_what_it_missed()
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
    public async Task One_who_missed_nothing_gets_what_is_new_and_to_one_from_beyond_the_end_all_is_new(long after, int first)
    {
        await BroadcastAsync(3);
        await AddAsync(2);

        await using var listener = await ListenAsync(_one, After(after));

        (await listener.IdsAsync(6 - first)).Should().Equal(Numbers(first, 5));
        await AddAsync(1);
        (await listener.IdsAsync(1)).Should().Equal(6);
    }

    [Fact]
    public async Task A_place_beyond_the_end_is_of_another_life_so_all_there_is_is_new()
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
    public async Task A_daemon_that_knows_a_place_beyond_the_end_reads_from_the_end()
    {
        // As after the counters of a purged queue have been forgotten, or the server's data lost.
        await AddAsync(2);

        var batch = await _one.Store.BroadcastAsync(Queue, new Stores.BroadcastRequest(After: 10, Move: 10, Read: 10), default);

        batch.After.Should().Be(0);
        batch.Messages.Select(message => message.Sequence).Should().Equal(1, 2);
    }

    [Fact]
    public async Task One_who_comes_back_where_nothing_ever_was_gets_what_comes()
    {
        await using var beginning = await ListenAsync(_one, After(0));
        await using var beyond = await ListenAsync(_two, After(7));
        await AddAsync(2);

        (await beginning.IdsAsync(2)).Should().Equal(1, 2);
        (await beyond.IdsAsync(2)).Should().Equal(1, 2);
    }

    [Fact]
    public async Task One_who_comes_back_too_late_is_told_how_many_it_missed()
    {
        await ConfigureAsync(new QueueSettingsChange { History = 10 });
        await BroadcastAsync(30);

        await using var listener = await ListenAsync(_two, After(5));

        var events = await listener.ReadAsync(10);
        events.Select(e => e.Message!.Sequence).Should().Equal(Numbers(21, 30));
        events.Select(e => e.Missed).Should().Equal(15, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    [Fact]
    public async Task One_who_comes_back_when_all_history_is_gone_is_told_at_once()
    {
        await ConfigureAsync(new QueueSettingsChange { History = 0 });
        await BroadcastAsync(30);

        await using var listener = await ListenAsync(_one, After(5));

        (await listener.NextAsync()).Should().Be(new LiveEvent(null, 25));
        await AddAsync(1);
        (await listener.MessagesAsync(1)).Should().ContainSingle().Which.Sequence.Should().Be(31);
    }

    [Fact]
    public async Task A_gap_that_nobody_reads_takes_no_message_s_place()
    {
        var daemon = Stage.NewDaemon(options => options.ConsumerBuffer = 10);
        await ConfigureAsync(new QueueSettingsChange { History = 0 });
        await BroadcastAsync(5);
        await using var listener = await ListenAsync(daemon, After(1));
        await Deadline.Until(() => listener.Waiting == 1);

        await AddAsync(30);
        await Deadline.Until(async () => (await Engine.LengthAsync(Queue)) == 20);
        var steps = daemon.Store.Steps;
        await Task.Delay(100);
        (daemon.Store.Steps - steps).Should().BeLessThan(5, "with nobody to give to there is nothing to do");

        (await listener.NextAsync()).Should().Be(new LiveEvent(null, 4));
        (await listener.IdsAsync(30)).Should().Equal(Numbers(6, 35));
    }

    /// <summary>Adds messages that a consumer gets and goes away, so that they are in the log.</summary>
    private async Task BroadcastAsync(int count)
    {
        await using var listener = await ListenAsync(_two);
        await AddAsync(count);
        await listener.MessagesAsync(count);
    }
}
