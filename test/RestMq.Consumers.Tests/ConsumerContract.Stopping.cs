using Microsoft.Extensions.Hosting;
using static RestMq.Deadline;

namespace RestMq;

/// <summary>Tests what happens to messages when the host stops.</summary>
public abstract partial class ConsumerContract
{
    // A lease longer than any test. A message that is ready again was released, because its lease cannot have ended.
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Fact]
    public async Task Stop_RunningAndWaitingMessages_FinishesOrReturnsThem()
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
        // The last two messages had not been prefetched.
        left.Select(message => message.DeliveryCount).Should().Equal(ReturnsUncounted ? [1, 1, 1, 1, 1] : [2, 2, 2, 1, 1]);
    }

    [Fact]
    public async Task Stop_DrainTimeoutExceeded_CancelsAndReleases()
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
        (await EngineOf(watcher).TakeAsync(Queue))!.DeliveryCount.Should().Be(2, "a handler has received the message");
    }

    [Fact]
    public async Task Stop_HandlerIgnoresCancellation_ReleasesMessage()
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
    public async Task Stop_HandlerBlocksThread_ReleasesMessage()
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
    public async Task Stop_HostTokenCancelled_ReleasesRunningMessage()
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

    // The message is usually ready at once. A long poll that was just cancelled may have leased it in between.
    private Task IsReadyAsync(IHost host) => Until(async () => await EngineOf(host).StatsAsync(Queue) is { Ready: 1, Leased: 0 });
}
