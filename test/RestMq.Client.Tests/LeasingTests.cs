using System.Diagnostics;

namespace RestMq.Client;

/// <summary>Tests leases, waits, and the settings and statistics of queues.</summary>
public abstract class LeasingTests(QueueHost host)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    private IRestMqClient Client => host.Client;

    [Fact]
    public async Task Ack_Twice_SucceedsOnlyOnce()
    {
        var queue = QueueHost.NextQueue();
        await Client.AddAsync(queue, "work");
        await using var leased = (await Client.LeaseAsync<string>(queue, Lease))!;
        (leased.Value, leased.Receipt, leased.DeliveryCount).Should().Be(("work", Receipt.Parse($"{queue}:1.1"), 1));
        (await leased.ExtendAsync(TimeSpan.FromMinutes(5))).Should().BeTrue();
        (await Client.PeekAsync<string>(leased.Key))!.State.Should().Be(MessageState.Leased);

        (await leased.AckAsync()).Should().BeTrue();
        (await leased.AckAsync()).Should().BeFalse("the message is deleted");
        (await Client.PeekAsync<string>(leased.Key)).Should().BeNull();
        (await Client.LeaseAsync<string>(queue, Lease)).Should().BeNull();
    }

    [Fact]
    public async Task Dispose_UnsettledMessage_ReleasesIt()
    {
        var queue = QueueHost.NextQueue();
        await Client.AddAsync(queue, "work");
        var first = (await Client.LeaseAsync<string>(queue, Lease))!;
        await first.DisposeAsync();
        await using (var second = (await Client.LeaseAsync<string>(queue, Lease))!)
        {
            second.DeliveryCount.Should().Be(2);
            (await first.AckAsync()).Should().BeFalse("its receipt is stale");
            (await second.ReleaseAsync(TimeSpan.FromMinutes(10))).Should().BeTrue();
        }
        (await Client.PeekAsync<string>(first.Key))!.State
            .Should().Be(MessageState.Delayed, "disposing a settled message changes nothing");
    }

    [Fact]
    public async Task Bury_WithReason_CanBeRedriven()
    {
        var queue = QueueHost.NextQueue();
        await Client.AddAsync(queue, "bad");
        (await (await Client.LeaseAsync<string>(queue, Lease))!.BuryAsync("no such customer & more")).Should().BeTrue();
        var dead = await Client.BrowseAsync<string>(queue, MessageState.Dead);
        dead.Should().ContainSingle().Which.Reason.Should().Be("no such customer & more");
        (await Client.RedriveAsync(queue)).Should().Be(1);
        (await Client.BrowseAsync<string>(queue)).Should().ContainSingle().Which.Value.Should().Be("bad");
    }

    [Fact]
    public async Task RedriveOne_SeveralDeadLetters_RedrivesOnlyOne()
    {
        var queue = QueueHost.NextQueue();
        await Client.AddManyAsync(queue, ["a", "b", "c", "d"]);
        foreach (var message in await Client.LeaseManyAsync<string>(queue, 3, Lease)) await message.BuryAsync("bad");
        (await Client.RedriveAsync(MessageKey.Parse($"{queue}:2"))).Should().BeTrue();
        (await Client.RedriveAsync(MessageKey.Parse($"{queue}:2"))).Should().BeFalse("the message is no longer dead");
        (await Client.PurgeAsync(queue, MessageState.Dead)).Should().Be(2);
        (await Client.StatsAsync(queue)).Should().BeEquivalentTo(new { Ready = 2, Dead = 0 });
    }

    [Fact]
    public async Task LeaseMany_SeveralQueues_TakesInOrder()
    {
        var (high, low) = (QueueHost.NextQueue(), QueueHost.NextQueue());
        await Client.AddManyAsync(low, [1, 2, 3]);
        var leased = await Client.LeaseManyAsync<int>($"{high},{low}", 2, Lease);
        leased.Select(message => (message.Queue, message.Value)).Should().Equal((QueueName.Parse(low), 1), (QueueName.Parse(low), 2));
        await Client.AddAsync(high, 9);
        (await Client.TakeAsync<int>($"{high},{low}"))!.Value.Should().Be(9);
        (await Client.LeaseManyAsync<int>(high, 2, Lease)).Should().BeEmpty();
    }

    [Fact]
    public async Task Take_Waiting_EndsWithMessageOrCancellation()
    {
        var queue = QueueHost.NextQueue();
        var waiting = Client.TakeAsync<string>(queue, TimeSpan.FromSeconds(60));
        waiting.IsCompleted.Should().BeFalse();
        await Client.AddAsync(queue, "now");
        (await Deadline.Within(waiting))!.Value.Should().Be("now");

        using var ended = new CancellationTokenSource();
        var cancelled = Client.LeaseAsync<string>(queue, Lease, TimeSpan.FromSeconds(60), ended.Token);
        await ended.CancelAsync();
        await FluentActions.Awaiting(() => Deadline.Within(cancelled)).Should().ThrowAsync<OperationCanceledException>();
        (await Client.TakeAsync<string>(queue, TimeSpan.FromSeconds(0.2))).Should().BeNull();
    }

    [Fact]
    public async Task Take_WaitAboveHostLimit_IsCapped()
    {
        var queue = QueueHost.NextQueue();
        var taking = Client.TakeAsync<string>(queue, TimeSpan.MaxValue);
        var streaming = Client.TakeStreamAsync(queue, Lease, TimeSpan.FromHours(2.5));
        var consuming = host.Source.LeaseAsync([queue], 1, Lease, TimeSpan.FromDays(1), CancellationToken.None).AsTask();
        await Client.AddManyAsync(queue, ["a", "b", "c"]);
        (await Deadline.Within(taking))!.Queue.Value.Should().Be(queue);
        await using (var stream = await Deadline.Within(streaming)) stream!.Queue.Value.Should().Be(queue);
        (await Deadline.Within(consuming)).Should().ContainSingle();
    }

    [Fact]
    public async Task Get_Head_LeavesMessage()
    {
        var queue = QueueHost.NextQueue();
        (await Client.PeekHeadAsync<string>(queue)).Should().BeNull();
        await Client.AddAsync(queue, "head");
        (await Client.PeekHeadAsync<string>(queue))!.Value.Should().Be("head");
        (await Client.PeekHeadAsync<string>(queue))!.DeliveryCount.Should().Be(2);
        (await Client.StatsAsync(queue)).Ready.Should().Be(1);
    }

    [Fact]
    public async Task Take_TracedAdd_CarriesTraceContext()
    {
        var queue = QueueHost.NextQueue();
        using (var work = new Activity("work") { TraceStateString = "a=b" }.Start())
        {
            await Client.AddAsync(queue, "x");
            var message = (await Client.TakeAsync<string>(queue))!;

            ActivityContext.Parse(message.TraceParent!, message.TraceState).TraceId.Should().Be(work.TraceId);
            message.TraceState.Should().Be("a=b");
        }
        await Client.AddAsync(queue, "x");
        var without = (await Client.TakeAsync<string>(queue))!;
        (without.TraceParent, without.TraceState).Should().Be((null, null));
    }

    [Fact]
    public async Task Configure_AllSettings_AreReported()
    {
        var queue = QueueHost.NextQueue();
        var changed = await Client.ConfigureAsync(
            queue, new QueueSettingsChange
            {
                Policy = QueuePolicy.RoundRobin, MaxReceives = 5, MaxLength = 3, TimeToLive = TimeSpan.FromHours(1.5), HistoryBytes = 5_000_000_000,
            });
        changed.Should().Be(await Client.GetSettingsAsync(queue));
        changed.Should().Be(new QueueSettings
        {
            Policy = QueuePolicy.RoundRobin, MaxReceives = 5, MaxLength = 3, TimeToLive = TimeSpan.FromHours(1.5), History = 1000,
            HistoryBytes = 5_000_000_000, Durability = Durability.Stored,
        });
        (await Client.ConfigureAsync(queue, new QueueSettingsChange { MaxLength = 0, TimeToLive = TimeSpan.Zero })).Should().Be(
            changed with { MaxLength = null, TimeToLive = null });

        await Client.PauseAsync(queue);
        await Client.AddManyAsync(queue, [1, 2, 3]);
        await Client.TakeAsync<int>(queue);
        await Client.LeaseAsync<int>(queue, Lease);
        var stats = await Client.StatsAsync(queue);
        var settings = changed with { MaxLength = null, TimeToLive = null, Stopped = true };
        (await Client.GetSettingsAsync(queue)).Should().Be(settings);
        (stats with { OldestAge = null }).Should().Be(
            new QueueStats(QueueName.Parse(queue), settings) { Ready = 1, Leased = 1, TotalAdded = 3, TotalSettled = 1 });
        stats.OldestAge.Should().BeGreaterThan(TimeSpan.Zero).And.BeLessThan(TimeSpan.FromMinutes(1));
        await Client.ResumeAsync(queue);
        (await Client.StatsAsync(queue)).Settings.Stopped.Should().BeFalse();

        (await Client.ListAllAsync().ToListAsync()).Should().Contain(QueueName.Parse(queue));
        (await Client.DeleteQueueAsync(queue)).Should().BeTrue();
        (await Client.DeleteQueueAsync(queue)).Should().BeFalse();
        (await Client.ListAllAsync().ToListAsync()).Should().NotContain(QueueName.Parse(queue));
    }

    [Fact]
    public async Task List_MoreQueuesThanAPage_ReturnsAll()
    {
        // The names hold characters that a URL must encode.
        var prefix = $"{QueueHost.NextQueue()} & %".Replace(" ", "", StringComparison.Ordinal);
        var names = Enumerable.Range(0, 1100).Select(n => $"{prefix}{n:0000}").ToArray();
        await Parallel.ForEachAsync(names, async (name, _) => await Client.AddAsync(name, 1));

        (await Client.ListAllAsync().Select(name => name.Value).Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToListAsync()).Should().Equal(names);
        (await Client.StatsOfAllAsync().Where(info => info.Queue.Value.StartsWith(prefix, StringComparison.Ordinal)).ToListAsync())
            .Select(info => (info.Queue.Value, info.Ready)).Should().Equal(names.Select(name => (name, 1L)));

        foreach (var name in names) await Client.DeleteQueueAsync(name);
    }

    [Fact]
    public async Task Add_Refused_ThrowsWithProblemDetails()
    {
        var queue = QueueHost.NextQueue();
        await Client.ConfigureAsync(queue, new QueueSettingsChange { MaxLength = 1 });
        await Client.AddAsync(queue, "fits");
        var full = (await FluentActions.Awaiting(() => Client.AddAsync(queue, "does not")).Should().ThrowAsync<RestMqClientException>()).Which;
        (full.Status, full.Type, full.Title, full.RetryAfter).Should().Be((429, ProblemTypes.Full, "Full", TimeSpan.FromSeconds(1)));
        full.Detail.Should().Contain("max_length");
        full.Message.Should().Contain(full.Detail);

        var bad = (await FluentActions.Awaiting(() => Client.TakeAsync<string>("a b")).Should().ThrowAsync<RestMqClientException>()).Which;
        (bad.Status, bad.Type).Should().Be((400, ProblemTypes.BadQueueName));
        await FluentActions.Awaiting(() => Client.AckAsync(default)).Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task MessageSource_InvalidArgument_ThrowsArgumentException()
    {
        var queue = QueueHost.NextQueue();
        await Client.AddAsync(queue, "x");
        var message = (await host.Source.LeaseAsync([queue], 1, Lease, TimeSpan.Zero, CancellationToken.None)).Single();

        var tooLong = TimeSpan.FromDays(1000);
        foreach (var ask in new Func<Task>[]
        {
            () => host.Source.LeaseAsync([queue], 1, tooLong, TimeSpan.Zero, CancellationToken.None).AsTask(),
            () => host.Source.ReleaseAsync(message, tooLong, CancellationToken.None).AsTask(),
            () => host.Source.ExtendAsync(message, tooLong, CancellationToken.None).AsTask(),
            () => host.Source.BuryAsync(message, new string('x', 201), CancellationToken.None).AsTask(),
        })
        {
            await ask.Should().ThrowAsync<ArgumentException>();
        }
        (await host.Source.AckAsync(message, CancellationToken.None))
            .Should().BeTrue("the failed calls changed nothing");
    }

    public sealed class OnMemory(MemoryHost host) : LeasingTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : LeasingTests(host), IClassFixture<RedisHost>;
}
