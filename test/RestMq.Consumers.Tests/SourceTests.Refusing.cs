using System.Net;
using static RestMq.Deadline;

namespace RestMq;

/// <summary>
/// Tests what a source refuses for good, and what it refuses only for now. Time does not advance where nothing may be
/// retried.
/// </summary>
public sealed partial class SourceTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.RequestEntityTooLarge)]
    public async Task Settle_RefusedForGood_IsNotRetried(HttpStatusCode? status)
    {
        _source.Refuses = what => what is "ack" && _source.Refused.IsEmpty ? Refusal(status) : null;
        var work = new Work<string>((_, _) => Task.CompletedTask);
        await ConsumeAsync(work, options => options.Prefetch = 1);
        _source.Add("one");
        _source.Add("two");

        await Until(() => !_source.Settled.IsEmpty);

        (string.Join(' ', _source.Refused), string.Join(' ', _source.Settled), work.Done.Count).Should().Be(("ack", "ack", 2));
        (_hosts.Log.Count(73), _hosts.Log.Count(61)).Should().Be((1, 0), "a source that refuses is available");
    }

    [Theory]
    [InlineData(HttpStatusCode.RequestTimeout)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    public async Task Settle_RefusedForNow_IsRetried(HttpStatusCode status)
    {
        _source.Refuses = what => what is "ack" && _source.Refused.Count < 3 ? Refusal(status) : null;
        await ConsumeAsync(new Work<string>((_, _) => Task.CompletedTask));
        _source.Add("one");

        await _hosts.PassUntilAsync(() => !_source.Settled.IsEmpty);

        _source.Refused.Should().HaveCount(3);
        _hosts.Log.Count(73).Should().Be(0);
    }

    [Fact]
    public async Task Lease_Unauthorized_RetriesAndLogsRefusal()
    {
        _source.Refuses = what => what is "lease" && _source.Refused.Count < 3 ? Refusal(HttpStatusCode.Unauthorized) : null;
        await ConsumeAsync(new Work<string>((_, _) => Task.CompletedTask));
        _source.Add("one");

        await _hosts.PassUntilAsync(() => !_source.Settled.IsEmpty);

        (_hosts.Log.Count(68), _hosts.Log.Count(61), _hosts.Log.Count(62)).Should().Be((1, 0, 1));
    }

    [Fact]
    public async Task Release_PauseTooLong_HalvesUntilAccepted()
    {
        _source.Refuses = RefusesPausesOver(TimeSpan.FromMinutes(1));
        await ConsumeAsync(Failing(), options => (options.RetryDelay, options.MaxRetryDelay) = (TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(4)));
        _source.Add("one");
        _source.Add("two");

        await Until(() => _source.Settled.Count == 2);

        _source.Settled.Should().Equal("release 00:01:00", "release 00:01:00");
        _source.Refused.Should().Equal("release 00:04:00", "release 00:02:00");
        (_hosts.Log.Count(67), _hosts.Log.Count(73), _hosts.Log.Count(61)).Should().Be((1, 0, 0));
    }

    [Fact]
    public async Task Release_NoPauseAccepted_ReleasesAtOnce()
    {
        _source.Refuses = RefusesPausesOver(TimeSpan.Zero);
        await ConsumeAsync(Failing(), options => options.RetryDelay = TimeSpan.FromSeconds(3));
        _source.Add("one");

        await Until(() => !_source.Settled.IsEmpty);

        _source.Settled.Should().Equal("release 00:00:00");
        _source.Refused.Should().Equal("release 00:00:03", "release 00:00:01.5000000", "release 00:00:00.7500000");
    }

    [Fact]
    public async Task Release_Forbidden_TriesNoOtherPause()
    {
        _source.Refuses = what => what.StartsWith("release") ? Refusal(HttpStatusCode.Forbidden) : null;
        await ConsumeAsync(Failing());
        _source.Add("one");

        await Until(() => _hosts.Log.Count(73) == 1);

        _source.Refused.Should().ContainSingle();
    }

    [Fact]
    public async Task Renew_Refused_LogsOnceAndHandlerContinues()
    {
        _source.Refuses = what => what is "extend" ? Refusal(HttpStatusCode.Forbidden) : null;
        var gate = new Gate();
        var work = new Work<string>((_, cancellationToken) => gate.PassAsync(cancellationToken));
        await ConsumeAsync(work);
        _source.Add("long");
        await Until(() => work.Running == 1);
        var start = _hosts.Time.GetUtcNow();

        await _hosts.PassUntilAsync(() => _source.Refused.Count == 3);
        _hosts.Time.GetUtcNow()
            .Should().BeOnOrAfter(start.AddSeconds(45), "the consumer renews after each half of the lease");
        gate.Open();
        await Until(() => !_source.Settled.IsEmpty);

        _source.Settled.Should().Equal("ack");
        (_hosts.Log.Count(74), _hosts.Log.Count(61)).Should().Be((1, 0));
    }

    private static Work<string> Failing() => new((_, _) => throw new InvalidOperationException("not now"));

    private static Exception Refusal(HttpStatusCode? status) =>
        status is null
            ? new ArgumentException("The test refuses this call.")
            : new HttpRequestException("The test refuses this call.", null, status);

    private static Func<string, Exception?> RefusesPausesOver(TimeSpan longest) => what =>
        what.StartsWith("release ") && TimeSpan.Parse(what["release ".Length..], System.Globalization.CultureInfo.InvariantCulture) > longest ? Refusal(null) : null;
}
