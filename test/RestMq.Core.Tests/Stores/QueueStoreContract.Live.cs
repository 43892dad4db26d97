using System.Collections.Concurrent;

namespace RestMq.Stores;

public abstract partial class QueueStoreContract
{
    private ValueTask<BroadcastBatch> BroadcastAsync(long? after = null, int move = 100, int read = 100) =>
        Store.BroadcastAsync(Queue, new BroadcastRequest(after, move, read), default);

    [Fact]
    public async Task A_lease_for_live_consumers_brings_as_many_bytes_as_they_take_give_or_take_a_message()
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
    public async Task A_broadcast_moves_ready_messages_to_the_log_and_reads_them()
    {
        await AddAsync(3);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Release);

        var batch = await BroadcastAsync();

        Ids(batch.Messages).Should().Equal(1, 2, 3);
        Sequences(batch).Should().Equal(1, 2, 3);
        batch.Messages.Select(message => message.Count).Should().Equal(2, 1, 1);
        batch.Messages[0].Body.ToString().Should().Be("message 1");
        (batch.After, batch.Last, batch.Next).Should().Be((0, 3, null));
        (await PlacesAsync()).Should().Be((0, 0, 0, 0));
        (await PeekAsync(1)).Should().BeNull();
        (await StatsAsync()).TotalSettled.Should().Be(3);
    }

    [Fact]
    public async Task A_broadcast_from_the_end_starts_where_the_log_ended_before()
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
    public async Task A_broadcast_reads_on_after_a_sequence()
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
    public async Task A_broadcast_after_a_sequence_that_never_was_starts_at_the_end(long after)
    {
        await AddAsync(5);
        await BroadcastAsync();
        await AddAsync(1);

        var batch = await BroadcastAsync(after);

        Sequences(batch).Should().Equal(6);
        (batch.After, batch.Last).Should().Be((5, 6));
    }

    [Fact]
    public async Task A_broadcast_reads_no_more_than_asked_and_says_that_there_is_more()
    {
        await AddAsync(5);

        var batch = await BroadcastAsync(read: 2);

        Sequences(batch).Should().Equal(1, 2);
        batch.Last.Should().Be(5);
        Sequences(await BroadcastAsync(after: 2, read: 2)).Should().Equal(3, 4);
    }

    [Fact]
    public async Task A_broadcast_moves_no_more_than_asked_and_says_that_there_is_more()
    {
        await AddAsync(3);

        var batch = await BroadcastAsync(move: 2);

        Ids(batch.Messages).Should().Equal(1, 2);
        batch.Next.Should().Be(TimeSpan.Zero);
        (await PlacesAsync()).Should().Be((1, 0, 0, 0));
        (await BroadcastAsync(move: 1)).Next.Should().BeNull();
    }

    [Fact]
    public async Task A_broadcast_says_when_the_next_is_due()
    {
        await AddAsync(1, delay: Long);

        (await BroadcastAsync()).Next.Should().BeCloseTo(Long, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_broadcast_moves_what_is_due()
    {
        await AddAsync(1, delay: Soon);
        await PassAsync(1.2 * Soon);

        Ids((await BroadcastAsync()).Messages).Should().Equal(1);
    }

    [Theory]
    [InlineData(QueuePolicy.Broadcast, true)]
    [InlineData(QueuePolicy.RoundRobin, false)]
    public async Task A_queue_that_is_stopped_or_of_another_policy_moves_nothing_but_can_be_read(QueuePolicy policy, bool stopped)
    {
        await AddAsync(1);
        await BroadcastAsync();
        await AddAsync(1);
        await ConfigureAsync(new QueueSettingsChange { Policy = policy, Stopped = stopped });

        var batch = await BroadcastAsync(after: 0);

        Ids(batch.Messages).Should().Equal(1);
        batch.Settings.Should().Be(new LiveState(policy, stopped));
        batch.Next.Should().BeNull();
        (await PlacesAsync()).Should().Be((1, 0, 0, 0));
    }

    [Fact]
    public async Task A_message_that_died_is_not_broadcast()
    {
        await AddAsync(Message("short", ttl: Soon), Message("long"));
        await PassAsync(1.2 * Soon);

        Ids((await BroadcastAsync()).Messages).Should().Equal(2);
    }

    [Fact]
    public async Task The_log_keeps_no_more_than_its_history()
    {
        await ConfigureAsync(new QueueSettingsChange { History = 3 });
        await AddAsync(5);

        Sequences(await BroadcastAsync()).Should().Equal([1, 2, 3, 4, 5], "what was just moved is read before the log is trimmed");
        var batch = await BroadcastAsync(after: 0);
        Sequences(batch).Should().Equal(3, 4, 5);
        (batch.After, batch.Last).Should().Be((0, 5));
    }

    [Fact]
    public async Task A_shorter_history_is_so_at_once()
    {
        await AddAsync(5);
        await BroadcastAsync();

        await ConfigureAsync(new QueueSettingsChange { History = 2 });

        Sequences(await BroadcastAsync(after: 0)).Should().Equal(4, 5);
    }

    [Fact]
    public async Task Without_history_only_the_mover_gets_a_message()
    {
        await ConfigureAsync(new QueueSettingsChange { History = 0 });
        await AddAsync(2);

        Sequences(await BroadcastAsync()).Should().Equal(1, 2);
        var batch = await BroadcastAsync(after: 0);
        batch.Messages.Should().BeEmpty();
        batch.Last.Should().Be(2);
    }

    [Fact]
    public async Task Sequences_go_on_after_a_purge_and_the_log_is_gone()
    {
        await AddAsync(2);
        await BroadcastAsync();
        await Store.PurgeAsync(Queue, default);

        var purged = await BroadcastAsync();
        (purged.After, purged.Last).Should().Be((2, 2));
        (await BroadcastAsync(after: 0)).Messages.Should().BeEmpty();

        await AddAsync(1);
        Sequences(await BroadcastAsync(after: 0)).Should().Equal(3);
    }

    [Fact]
    public async Task Concurrent_broadcasts_move_each_message_once()
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
    public async Task The_first_ready_message_is_hinted_at()
    {
        await ExpectAsync(QueueHint.Changed, async () => await AddAsync(1));
    }

    [Fact]
    public async Task A_delayed_message_is_hinted_at_when_it_is_added()
    {
        await AddAsync(1);
        await ExpectAsync(QueueHint.Changed, async () => await AddAsync(1, delay: Long));
    }

    [Theory]
    [InlineData(SettleAction.Release, 0)]
    [InlineData(SettleAction.Release, 10)]
    [InlineData(SettleAction.Return, 0)]
    [InlineData(SettleAction.Extend, 10)]
    public async Task What_changes_when_something_is_ready_is_hinted_at(SettleAction action, int seconds)
    {
        await AddAsync(1);
        var message = await LeaseOneAsync();
        await ExpectAsync(QueueHint.Changed, () => SettleAsync(message, action, TimeSpan.FromSeconds(seconds)));
    }

    [Fact]
    public async Task A_redrive_is_hinted_at()
    {
        await AddAsync(1);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Bury);
        await ExpectAsync(QueueHint.Changed, async () => await Store.RedriveAsync(Queue, default));
    }

    [Fact]
    public async Task A_change_of_settings_is_hinted_at()
    {
        await ExpectAsync(QueueHint.Changed, async () => await ConfigureAsync(new QueueSettingsChange { Stopped = true }));
    }

    [Fact]
    public async Task More_that_became_due_than_was_taken_is_hinted_at()
    {
        await AddAsync(2, delay: Soon);
        await PassAsync(1.2 * Soon);
        await ExpectAsync(QueueHint.Changed, async () => await LeaseOneAsync());
    }

    [Fact]
    public async Task A_broadcast_that_moved_something_is_hinted_at_elsewhere()
    {
        await AddAsync(1);
        await ExpectAsync(QueueHint.Changed, async () => await BroadcastAsync());
    }

    [Fact]
    public async Task A_purge_is_hinted_at()
    {
        await AddAsync(1);
        await ExpectAsync(QueueHint.Purged, async () => await Store.PurgeAsync(Queue, default));
    }

    [Fact]
    public async Task Hints_are_of_one_queue_and_end_when_nobody_listens()
    {
        var (mine, others) = (new ConcurrentQueue<QueueHint>(), new ConcurrentQueue<QueueHint>());
        var listening = await Other.ListenAsync(Queue, mine.Enqueue, default);
        await using var _ = await Other.ListenAsync(NextQueue(), others.Enqueue, default);
        await using var again = await Other.ListenAsync(Queue, hint => others.Enqueue(hint), default);
        await listening.DisposeAsync();

        await AddAsync(1);

        await EventuallyAsync(() =>
        {
            others.Should().Equal(QueueHint.Changed);
            return Task.CompletedTask;
        });
        mine.Should().BeEmpty();
    }

    [Fact]
    public async Task A_listener_that_fails_harms_nobody()
    {
        await using var _ = await Store.ListenAsync(Queue, _ => throw new InvalidOperationException("a listener's own failure"), default);

        await ExpectAsync(QueueHint.Changed, async () => await AddAsync(1));
        Ids(await LeaseAsync(1)).Should().Equal(1);
    }

    [Fact]
    public async Task Hand_outs_that_end_are_told_by_their_receipts_where_somebody_holds_messages()
    {
        await AddAsync(1);
        await SettleAsync(await LeaseOneAsync(), SettleAction.Bury);
        await Store.RedriveAsync(Queue, default);
        var ended = new ConcurrentQueue<Receipt>();
        await using var listening = await Other.ListenAsync(Queue, hint => { foreach (var receipt in hint.Ended) ended.Enqueue(receipt); }, default);
        var given = new List<Receipt>();

        // As they may end: by whoever holds it, by the clock, by a purge.
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
        await Store.PurgeAsync(Queue, default); // With what it knows of those who hold messages, which else stays for twice a lease.

        async Task HoldAsync(TimeSpan lease) =>
            given.Add((await LeaseBatchAsync(new LeaseRequest(1, lease, Held: true))).Messages.Should().ContainSingle().Subject.Receipt);
    }

    private async Task ExpectAsync(QueueHint expected, Func<Task> action)
    {
        var hints = new ConcurrentQueue<QueueHint>();
        await using var listening = await Other.ListenAsync(Queue, hints.Enqueue, default);
        await action();
        await EventuallyAsync(() =>
        {
            hints.Should().Contain(expected);
            return Task.CompletedTask;
        });
    }
}
