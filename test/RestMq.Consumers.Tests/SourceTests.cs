using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static RestMq.Deadline;

namespace RestMq;

/// <summary>Tests how a consumer works with its source, and the span in which it handles a message.</summary>
public sealed partial class SourceTests : IAsyncLifetime
{
    private readonly MemoryHosts _hosts = new();
    private readonly ScriptedSource _source = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _hosts.DisposeAsync();

    [Fact]
    public async Task Lease_SourceUnavailable_RetriesAndLogsOnce()
    {
        _source.IsUnavailable = true;
        var work = new Work<string>((_, _) => Task.CompletedTask);
        await ConsumeAsync(work);
        await _hosts.PassUntilAsync(() => _source.Failures == 10);
        _hosts.Time.GetUtcNow()
            .Should().BeAfter(_hosts.Time.Start.AddSeconds(20), "each pause is longer than the one before");

        _source.IsUnavailable = false;
        _source.Add("hello");
        await _hosts.PassUntilAsync(() => !work.Done.IsEmpty);

        (_hosts.Log.Count(61), _hosts.Log.Count(62)).Should().Be((1, 1));
    }

    [Fact]
    public async Task Lease_SourceReturnsAtOnce_IsThrottled()
    {
        _source.IsHasty = true;
        await ConsumeAsync(new Work<string>((_, _) => Task.CompletedTask));
        await Until(() => _source.Leases == 1);

        for (var passed = 0; passed < 40; passed++)
        {
            await _hosts.PassAsync(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }
        _source.Leases.Should().BeInRange(1, 9, "two seconds have passed");
    }

    [Fact]
    public async Task Settle_SourceUnavailable_AcksAfterRecovery()
    {
        var gate = new Gate();
        var work = new Work<string>((_, cancellationToken) => gate.PassAsync(cancellationToken));
        await ConsumeAsync(work);
        _source.Add("hello");
        await Until(() => work.Running == 1);

        _source.IsUnavailable = true;
        gate.Open();
        await _hosts.PassUntilAsync(() => _source.Failures >= 3);
        _source.Settled.Should().BeEmpty();
        _source.IsUnavailable = false;
        await _hosts.PassUntilAsync(() => !_source.Settled.IsEmpty);

        _source.Settled.Should().Equal("ack");
        work.Begun.Should().ContainSingle();
        _hosts.Log.Count(72).Should().Be(0);
    }

    [Fact]
    public async Task Settle_LeaseOver_GivesUpAndContinues()
    {
        var work = new Work<string>((context, _) =>
        {
            _source.IsUnavailable = context.Message == "one";
            return Task.CompletedTask;
        });
        await ConsumeAsync(work, options => (options.Lease, options.Prefetch) = (TimeSpan.FromSeconds(3), 1));
        _source.Add("one");
        await _hosts.PassUntilAsync(() => _hosts.Log.Count(72) == 1);

        _source.IsUnavailable = false;
        _source.Add("two");
        await _hosts.PassUntilAsync(() => work.Done.Count == 2);
        await _hosts.PassUntilAsync(() => !_source.Settled.IsEmpty);
        _source.Settled.Should().Equal("ack");
    }

    [Fact]
    public async Task Renew_LongHandler_ExtendsAtHalfOfEachLease()
    {
        var (gate, half, tick) = (new Gate(), TimeSpan.FromSeconds(5), TimeSpan.FromTicks(1));
        var work = new Work<string>((_, cancellationToken) => gate.PassAsync(cancellationToken));
        await ConsumeAsync(work, options => (options.Lease, options.Prefetch) = (2 * half, 1));
        _source.Add("hello");
        await Until(() => work.Running == 1);

        for (var extended = 0; extended < 3; extended++)
        {
            await _hosts.PassAsync(half - tick);
            _source.Settled.Should().HaveCount(extended, "half of the lease is not over");
            await _hosts.PassAsync(tick);
            await Until(() => _source.Settled.Count == extended + 1);
        }
        gate.Open();
        await Until(() => _source.Settled.Contains("ack"));

        _source.Settled.Should().Equal("extend", "extend", "extend", "ack");
    }

    [Fact]
    public async Task Renew_SourceUnavailable_RetriesAndLogsOnce()
    {
        var gate = new Gate();
        var work = new Work<string>((_, cancellationToken) => gate.PassAsync(cancellationToken));
        await ConsumeAsync(work, options => options.Prefetch = 1);
        _source.Add("hello");
        await Until(() => work.Running == 1);

        _source.IsUnavailable = true;
        await _hosts.PassUntilAsync(() => _source.Failures >= 5);
        _source.IsUnavailable = false;
        await _hosts.PassUntilAsync(() => !_source.Settled.IsEmpty);
        gate.Open();
        await Until(() => _source.Settled.Contains("ack"));

        _source.Settled.First().Should().Be("extend");
        work.Done.Should().ContainSingle("an unavailable source delivers the message to no other consumer");
        _hosts.Log.Count(61).Should().Be(1);
    }

    [Fact]
    public async Task Handle_TracedMessage_LinksSpanToProducer()
    {
        const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "RestMq",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => { lock (spans) if (activity.GetTagItem("messaging.message.id") is "q:1") spans.Add(activity); },
        };
        ActivitySource.AddActivityListener(listener);
        var seen = new TaskCompletionSource<ActivityTraceId?>();
        await ConsumeAsync(new Work<string>((context, _) =>
        {
            if (context.Message == "bad") throw new PoisonMessageException("bad");
            seen.SetResult(Activity.Current?.TraceId);
            return Task.CompletedTask;
        }));

        _source.Add("good", Parent);
        _source.Add("bad");
        await Until(() => { lock (spans) return spans.Count == 2; });

        spans[0].Should().Match<Activity>(span =>
            span.OperationName == "process q" && span.Kind == ActivityKind.Consumer && span.Status == ActivityStatusCode.Unset);
        spans[0].Links.Should().ContainSingle().Which.Context.TraceId.ToHexString().Should().Be("0af7651916cd43dd8448eb211c80319c");
        spans[0].TraceId.Should().Be(await seen.Task, "the handler's own spans belong to the same trace");
        spans[1].Should().Match<Activity>(span => span.Status == ActivityStatusCode.Error && span.StatusDescription == "bad" && !span.Links.Any());
    }

    [Fact]
    public async Task Stop_ReleaseFails_IsNotRetried()
    {
        var (host, gate) = await HoldTwoAsync();

        _source.IsUnavailable = true;
        var stopping = host.StopAsync();
        await Until(() => _hosts.Log.Count(72) == 1);
        _source.Failures
            .Should().Be(1, "the message may have been released, and another consumer may have the same receipt");
        _source.IsUnavailable = false;
        gate.Open();
        await Within(stopping);
        _source.Settled.Should().Equal("ack");
    }

    [Fact]
    public async Task Stop_SourceFails_EndsWithoutError()
    {
        var host = await ConsumeAsync(new Work<string>((_, _) => Task.CompletedTask));
        await Until(() => _source.Leases == 1);
        _source.FailsWhenStopped = true;

        await Within(host.StopAsync());

        _source.Failures.Should().Be(1);
        host.Services.GetServices<IHostedService>().OfType<BackgroundService>()
            .Should().ContainSingle().Which.ExecuteTask!.IsFaulted
            .Should().BeFalse("a faulted task tells the host of a crash");
    }

    [Fact]
    public async Task Stop_SourceCannotReturn_ReleasesMessage()
    {
        var (host, gate) = await HoldTwoAsync();

        var stopping = host.StopAsync();
        await Until(() => !_source.Settled.IsEmpty);
        gate.Open();
        await Within(stopping);

        _source.Settled.Should().Equal("release 00:00:00", "ack");
    }

    // Starts one message, which runs until the gate opens, and a second one, which waits behind it.
    private async Task<(IHost Host, Gate Gate)> HoldTwoAsync()
    {
        var gate = new Gate();
        var work = new Work<string>((_, cancellationToken) => gate.PassAsync(cancellationToken));
        var host = await ConsumeAsync(work);
        _source.Add("runs");
        _source.Add("waits");
        await Until(() => work.Running == 1 && _source.Deliveries == 2);
        return (host, gate);
    }

    private Task<IHost> ConsumeAsync(Work<string> work, Action<RestMqConsumerOptions>? configure = null) => _hosts.StartAsync(services => services
        .AddKeyedSingleton<IMessageSource>("scripted", _source)
        .AddSingleton(work)
        .AddRestMqConsumer<string, WorkHandler<string>>("q", options =>
        {
            options.Source = "scripted";
            configure?.Invoke(options);
        }));
}
