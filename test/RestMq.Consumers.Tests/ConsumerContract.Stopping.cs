using Microsoft.Extensions.Hosting;
using static RestMq.Deadline;

namespace RestMq;

/// <summary>What becomes of messages when the host stops.</summary>
public abstract partial class ConsumerContract
{
    // Not over while a test runs: what is ready again was given back.
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Fact]
    public async Task What_runs_may_finish_and_what_waits_goes_back_in_order_and_uncounted()
    {
        var gate = new Gate();
        var work = new Work<string>((_, cancellationToken) => gate.PassAsync(cancellationToken));
        var watcher = await Hosts.StartAsync(_ => { });
        var host = await ConsumeAsync(work, options => options.Prefetch = 4);
        await AddAsync(watcher, Numbers(6));
        await Until(() => work.Running == 1);
        await Until(async () => (await EngineOf(watcher).StatsAsync(Queue)).Leased == 4);

        var stopping = host.StopAsync();
        await Until(async () => (await EngineOf(watcher).StatsAsync(Queue)) is { Ready: 5, Leased: 1 });
        gate.Open();
        await Within(stopping);

        work.Done.Select(context => context.Message).Should().Equal("1");
        var left = await EngineOf(watcher).LeaseAsync([Queue], 10, Lease, TimeSpan.Zero);
        left.Select(message => message.Body.ToString()).Should().Equal(Numbers(6).Skip(1));
        // The last two had not been taken ahead.
        left.Select(message => message.Count).Should().Equal(ReturnsUncounted ? [1, 1, 1, 1, 1] : [2, 2, 2, 1, 1]);
    }

    [Fact]
    public async Task What_does_not_finish_in_time_is_cancelled_and_goes_back()
    {
        var work = new Work<string>((_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));
        var watcher = await Hosts.StartAsync(_ => { });
        var host = await ConsumeAsync(work, options => (options.DrainTimeout, options.Lease) = (TimeSpan.FromSeconds(1.5), Long));
        await AddAsync(watcher, "endless");
        await Until(() => work.Running == 1);

        var stopping = host.StopAsync();
        await Hosts.PassAsync(TimeSpan.FromSeconds(1));
        stopping.IsCompleted.Should().BeFalse();
        await Hosts.PassUntilAsync(stopping);

        Hosts.Log.Count(65).Should().Be(1);
        await IsReadyAsync(watcher);
        (await EngineOf(watcher).TakeAsync(Queue))!.Count.Should().Be(2, "a handler has seen it");
    }

    [Fact]
    public async Task What_does_not_heed_its_cancellation_is_left_alone_and_its_message_goes_back()
    {
        var gate = new Gate();
        var work = new Work<string>((_, _) => gate.PassAsync(CancellationToken.None));
        var watcher = await Hosts.StartAsync(_ => { });
        var host = await ConsumeAsync(work, options => (options.DrainTimeout, options.Lease) = (TimeSpan.Zero, Long));
        await AddAsync(watcher, "deaf");
        await Until(() => work.Running == 1);

        await StopAsync(host);

        await IsReadyAsync(watcher);
        gate.Open();
    }

    [Fact]
    public async Task What_blocks_its_thread_is_left_alone_and_its_message_goes_back()
    {
        using var gate = new ManualResetEventSlim();
        var work = new Work<string>((_, _) =>
        {
            gate.Wait();
            return Task.CompletedTask;
        });
        var watcher = await Hosts.StartAsync(_ => { });
        var host = await ConsumeAsync(work, options => (options.DrainTimeout, options.Lease) = (TimeSpan.Zero, Long));
        await AddAsync(watcher, "blocks");
        await Until(() => work.Running == 1);

        await StopAsync(host);

        await IsReadyAsync(watcher);
        gate.Set();
        await Until(() => work.Running == 0);
    }

    [Fact]
    public async Task A_host_without_patience_gives_back_what_runs()
    {
        var work = new Work<string>((_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));
        var watcher = await Hosts.StartAsync(_ => { });
        var host = await ConsumeAsync(work, options => (options.DrainTimeout, options.Lease) = (Long, Long));
        await AddAsync(watcher, "endless");
        await Until(() => work.Running == 1);

        using var patience = new CancellationTokenSource();
        var stopping = host.StopAsync(patience.Token);
        await patience.CancelAsync();
        await Within(stopping);

        await IsReadyAsync(watcher);
    }

    // At once, but for a long poll that was just broken off and may have had it in between.
    private Task IsReadyAsync(IHost host) => Until(async () => await EngineOf(host).StatsAsync(Queue) is { Ready: 1, Leased: 0 });
}
