using Microsoft.Extensions.DependencyInjection;
using static RestMq.Deadline;

namespace RestMq;

/// <summary>Tests that need time under the test's control.</summary>
public sealed partial class MemoryConsumerTests
{
    [Fact]
    public async Task Retry_RepeatedFailure_DoublesPauseUpToLimit()
    {
        var work = new Work<string>((_, _) => throw new InvalidOperationException("never"));
        var (first, longest) = (TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(35));
        var host = await ConsumeAsync(work, options => (options.RetryDelay, options.MaxRetryDelay) = (first, longest));
        await AddAsync(host, "stubborn");
        var waits = async () => await EngineOf(host).StatsAsync(Queue) is { Delayed: 1 };
        await Until(waits);

        var pauses = new List<int>();
        for (var seconds = 1; work.Begun.Count < 6; seconds++)
        {
            var before = work.Begun.Count;
            await Hosts.PassAsync(TimeSpan.FromSeconds(1));
            await Until(waits);
            if (work.Begun.Count == before) continue;
            pauses.Add(seconds);
            seconds = 0;
        }

        pauses.Should().Equal(10, 20, 35, 35, 35);
    }

    [Fact]
    public async Task Retry_PauseAboveMaxDelay_IsCappedAndLoggedAtStart()
    {
        var work = new Work<string>((_, _) => throw new InvalidOperationException("never"));
        var host = await Hosts.StartAsync(services =>
        {
            services.Configure<RestMqOptions>(options => options.MaxDelay = TimeSpan.FromMinutes(1));
            Consume(services, work, options => (options.RetryDelay, options.MaxRetryDelay) = (TimeSpan.FromHours(1), TimeSpan.FromHours(2)));
        });
        await Until(() => Hosts.Log.Count(66) == 1);
        await AddAsync(host, "stubborn");

        await Until(async () => await EngineOf(host).StatsAsync(Queue) is { Delayed: 1 });
        await Hosts.PassAsync(TimeSpan.FromSeconds(59));
        (await EngineOf(host).StatsAsync(Queue)).Delayed.Should().Be(1);
        await Hosts.PassAsync(TimeSpan.FromSeconds(1));
        await Until(() => work.Begun.Count == 2);
        (Hosts.Log.Count(61), Hosts.Log.Count(67), Hosts.Log.Count(73)).Should().Be((0, 0, 0));
    }

    [Fact]
    public async Task Retry_HostWithoutDelays_WorksWithDefaultOptions()
    {
        var work = new Work<string>((context, _) => context.DeliveryCount < 3 ? throw new InvalidOperationException("not yet") : Task.CompletedTask);
        var host = await Hosts.StartAsync(services => services.Configure<RestMqOptions>(options => options.MaxDelay = TimeSpan.Zero)
            .AddSingleton(work).AddRestMqConsumer<string, WorkHandler<string>>(Queue.Value));
        await AddAsync(host, "stubborn");

        await Until(() => !work.Done.IsEmpty);
    }

    [Fact]
    public async Task Handle_LeaseLostWhileWaiting_IsSkipped()
    {
        var gate = new Gate();
        var work = new Work<string>((_, cancellationToken) => gate.PassAsync(cancellationToken));
        var host = await ConsumeAsync(work, options => options.Prefetch = 3);
        await AddAsync(host, Numbers(3));
        await Until(async () => (await EngineOf(host).StatsAsync(Queue)).Leased == 3);

        await EngineOf(host).SettleAsync(new Settlement(new Receipt(new MessageKey(Queue, 2), 0), SettleAction.Ack));
        await Hosts.PassAsync(Lease / 2);
        await Until(() => Hosts.Log.Count(70) == 1);
        gate.Open();
        await Until(() => IsEmptyAsync(host));

        work.Begun.Select(context => context.Message).Should().Equal("1", "3");
    }

    [Fact]
    public async Task Renew_WaitingMessage_KeepsLease()
    {
        var gate = new Gate();
        var work = new Work<string>((_, cancellationToken) => gate.PassAsync(cancellationToken));
        var host = await ConsumeAsync(work, options => options.Prefetch = 10);
        await AddAsync(host, Numbers(10));
        await Until(async () => (await EngineOf(host).StatsAsync(Queue)).Leased == 10);

        for (var n = 0; n < 100; n++)
        {
            await Hosts.PassAsync(Lease / 2);
            (await EngineOf(host).StatsAsync(Queue)).Leased.Should().Be(10);
        }
        gate.Open();
        await Until(() => work.Done.Count == 10);

        work.Done.Select(context => (context.Message, context.DeliveryCount)).Should().Equal(Numbers(10).Select(text => (text, 1L)));
    }
}
