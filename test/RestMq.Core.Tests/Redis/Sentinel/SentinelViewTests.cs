using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace RestMq.Redis.Sentinel;

/// <summary>Verifies from the answers of three sentinels whether calls may go to a server.</summary>
public sealed class SentinelViewTests
{
    private static readonly EndPoint Old = new IPEndPoint(IPAddress.Loopback, 7001);
    private static readonly EndPoint New = new IPEndPoint(IPAddress.Loopback, 7002);

    private readonly FakeTimeProvider _time = new();
    private readonly SentinelView _view;

    public SentinelViewTests() => _view = new SentinelView(_time, configured: 3);

    [Fact]
    public void Majority_NamesAPrimary_IsTrustedForOneSecond()
    {
        Answer("a", Old);
        _view.Trusts(Old, 1).Should().BeFalse("one of three sentinels is no majority");
        _view.Verdict.Reason.Should().Be("1 of 3 sentinels answer, and 2 must name the primary.");
        Answer("b", Old);
        _view.Trusts(Old, 1).Should().BeTrue();
        _view.Trusts(New, 1).Should().BeFalse();

        Pass(0.4);
        Answer("a", Old);
        Pass(0.4);
        Answer("a", Old);
        _view.Trusts(Old, 1).Should().BeTrue("the answer of b is 0.8 s old");
        Pass(0.3);
        _view.Trusts(Old, 1).Should().BeFalse("the answer of b is 1.1 s old");
    }

    [Fact]
    public void Majority_OneSentinelUnderTwoAddresses_CountsOnce()
    {
        _view.Answered("by name", Of("a", Old));
        _view.Answered("by address", Of("a", Old));

        _view.Verdict.Consent.Should().Be(Consent.Unavailable);
    }

    [Fact]
    public void Majority_MoreSentinelsThanConfigured_IsOfAll()
    {
        foreach (var sentinel in (string[])["a", "b"]) _view.Answered(sentinel, Of(sentinel, Old, others: 4));
        _view.Verdict.Reason.Should().Be("2 of 5 sentinels answer, and 3 must name the primary.");
        _view.Answered("c", Of("c", Old, others: 4));
        _view.Trusts(Old, 1).Should().BeTrue();
    }

    [Fact]
    public void Majority_NewerFailoverKnownToOne_TrustsNoPrimary()
    {
        Answer("a", Old);
        Answer("b", Old);
        Answer("c", New, epoch: 2);
        _view.Verdict.Consent.Should().Be(Consent.Disagree);
        _view.Verdict.Reason.Should().Be("the sentinels do not agree on the primary: they name 127.0.0.1:7001 and 127.0.0.1:7002.");

        Answer("b", New, epoch: 2);
        _view.Trusts(New, 2).Should().BeTrue("only a has not yet learned of the failover");
        _view.Trusts(Old, 1).Should().BeFalse();
    }

    [Fact]
    public void FailoverAnnouncement_UntilALaterAnswerDeniesIt_StopsCalls()
    {
        AllAnswer(Old);
        var asked = _time.GetTimestamp();
        _view.Announced("a");
        _view.Verdict.Consent.Should().Be(Consent.FailingOver);
        _view.Verdict.GraceUntil
            .Should().BeGreaterThan(_time.GetTimestamp(), "replies within the grace time have been replicated");

        Pass(0.1);
        _view.Verdict.GraceUntil.Should().BeLessThan(_time.GetTimestamp());
        _view.Answered("a", Of("a", Old) with { AskedAt = asked });
        _view.Verdict.Consent.Should().Be(Consent.FailingOver, "the question was asked before the announcement");
        Answer("b", Old);
        _view.Verdict.Consent
            .Should().Be(Consent.FailingOver, "only the sentinel that conducts the failover can deny it");
        Answer("a", Old);
        _view.Trusts(Old, 1).Should().BeTrue("the failover was aborted");
    }

    [Fact]
    public void FailoverFlag_InOneAnswer_StopsCallsAndReplies()
    {
        AllAnswer(Old);
        _view.Answered("b", Of("b", Old) with { FailingOver = true });

        _view.Verdict.Consent.Should().Be(Consent.FailingOver);
        _view.Verdict.GraceUntil.Should().BeLessThan(_time.GetTimestamp(), "the start of the failover is unknown");
    }

    [Fact]
    public void Trust_AfterAStandstill_AsksEachSentinelAgain()
    {
        AllAnswer(Old);
        Pass(0.7);
        _view.Trusts(Old, 1).Should().BeFalse("the process stood still for 0.7 s");
        Answer("a", Old);
        Answer("b", Old);
        _view.Verdict.Consent.Should().Be(Consent.Unsure, "c may conduct a failover");
        _view.Missed("c", "c: gone");
        _view.Trusts(Old, 1).Should().BeTrue("one of three sentinels may be unreachable");
    }

    [Fact]
    public void Remove_OneSentinel_ForgetsItsAnswer()
    {
        AllAnswer(Old);
        Answer("c", New, epoch: 2);
        _view.Removed("c");
        _view.Trusts(Old, 1).Should().BeTrue();
    }

    private void AllAnswer(EndPoint primary)
    {
        foreach (var sentinel in (string[])["a", "b", "c"]) Answer(sentinel, primary);
    }

    private void Answer(string sentinel, EndPoint primary, long epoch = 1) => _view.Answered(sentinel, Of(sentinel, primary, epoch));

    private SentinelAnswer Of(string id, EndPoint primary, long epoch = 1, int others = 2) => new(id, primary, epoch, FailingOver: false, others, _time.GetTimestamp());

    private void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));
}
