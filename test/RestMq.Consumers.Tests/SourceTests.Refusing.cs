using System.Net;
using static RestMq.Deadline;

namespace RestMq;

/// <summary>What a source refuses for good, rather than for now. Time stands still where nothing is to be tried again.</summary>
public sealed partial class SourceTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.RequestEntityTooLarge)]
    public async Task A_settlement_that_is_refused_for_good_is_not_tried_again_and_work_goes_on(HttpStatusCode? status)
    {
        _source.Refuses = what => what is "ack" && _source.Refused.IsEmpty ? Refusal(status) : null;
        var work = new Work<string>((_, _) => Task.CompletedTask);
        await ConsumeAsync(work, options => options.Prefetch = 1);
        _source.Add("one");
        _source.Add("two");

        await Until(() => !_source.Settled.IsEmpty);

        (string.Join(' ', _source.Refused), string.Join(' ', _source.Settled), work.Done.Count).Should().Be(("ack", "ack", 2));
        (_hosts.Log.Count(73), _hosts.Log.Count(61)).Should().Be((1, 0), "a source that refuses has answered");
    }

    [Theory]
    [InlineData(HttpStatusCode.RequestTimeout)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    public async Task A_settlement_that_is_refused_for_now_is_tried_again(HttpStatusCode status)
    {
        _source.Refuses = what => what is "ack" && _source.Refused.Count < 3 ? Refusal(status) : null;
        await ConsumeAsync(new Work<string>((_, _) => Task.CompletedTask));
        _source.Add("one");

        await _hosts.PassUntilAsync(() => !_source.Settled.IsEmpty);

        _source.Refused.Should().HaveCount(3);
        _hosts.Log.Count(73).Should().Be(0);
    }

    [Fact]
    public async Task A_source_that_lets_nobody_take_is_not_said_to_be_away_and_is_asked_until_it_does()
    {
        _source.Refuses = what => what is "lease" && _source.Refused.Count < 3 ? Refusal(HttpStatusCode.Unauthorized) : null;
        await ConsumeAsync(new Work<string>((_, _) => Task.CompletedTask));
        _source.Add("one");

        await _hosts.PassUntilAsync(() => !_source.Settled.IsEmpty);

        (_hosts.Log.Count(68), _hosts.Log.Count(61), _hosts.Log.Count(62)).Should().Be((1, 0, 1));
    }

    [Fact]
    public async Task A_pause_that_is_too_long_for_the_source_is_halved_until_it_is_not_and_told_of_once()
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
    public async Task A_source_that_takes_no_pause_is_given_the_message_back_at_once()
    {
        _source.Refuses = RefusesPausesOver(TimeSpan.Zero);
        await ConsumeAsync(Failing(), options => options.RetryDelay = TimeSpan.FromSeconds(3));
        _source.Add("one");

        await Until(() => !_source.Settled.IsEmpty);

        _source.Settled.Should().Equal("release 00:00:00");
        _source.Refused.Should().Equal("release 00:00:03", "release 00:00:01.5000000", "release 00:00:00.7500000");
    }

    [Fact]
    public async Task A_caller_who_may_not_release_does_not_try_with_other_pauses()
    {
        _source.Refuses = what => what.StartsWith("release") ? Refusal(HttpStatusCode.Forbidden) : null;
        await ConsumeAsync(Failing());
        _source.Add("one");

        await Until(() => _hosts.Log.Count(73) == 1);

        _source.Refused.Should().ContainSingle();
    }

    [Fact]
    public async Task A_renewal_that_is_refused_is_told_of_once_and_the_handler_goes_on()
    {
        _source.Refuses = what => what is "extend" ? Refusal(HttpStatusCode.Forbidden) : null;
        var gate = new Gate();
        var work = new Work<string>((_, cancellationToken) => gate.PassAsync(cancellationToken));
        await ConsumeAsync(work);
        _source.Add("long");
        await Until(() => work.Running == 1);
        var start = _hosts.Time.GetUtcNow();

        await _hosts.PassUntilAsync(() => _source.Refused.Count == 3);
        _hosts.Time.GetUtcNow().Should().BeOnOrAfter(start.AddSeconds(45), "it is asked at each half of a lease");
        gate.Open();
        await Until(() => !_source.Settled.IsEmpty);

        _source.Settled.Should().Equal("ack");
        (_hosts.Log.Count(74), _hosts.Log.Count(61)).Should().Be((1, 0));
    }

    private static Work<string> Failing() => new((_, _) => throw new InvalidOperationException("not now"));

    private static Exception Refusal(HttpStatusCode? status) =>
        status is null ? new ArgumentException("It is refused.") : new HttpRequestException("It is refused.", null, status);

    private static Func<string, Exception?> RefusesPausesOver(TimeSpan longest) => what =>
        what.StartsWith("release ") && TimeSpan.Parse(what["release ".Length..], System.Globalization.CultureInfo.InvariantCulture) > longest ? Refusal(null) : null;
}
