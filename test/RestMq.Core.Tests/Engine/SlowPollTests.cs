using RestMq.Hosts;
using RestMq.Model;

namespace RestMq.Engine;

/// <summary>Verifies the intervals of the slow poll.</summary>
public sealed class SlowPollTests
{
    private static readonly RestMqOptions Options = new() { SlowPoll = TimeSpan.FromSeconds(5), MaxSlowPoll = TimeSpan.FromMinutes(5) };

    private readonly ObservedStore _store = new(new ModelStore(TimeProvider.System, TimeSpan.FromMinutes(5)));
    private readonly SlowPoll _poll;

    public SlowPollTests() => _poll = new SlowPoll(_store, Options);

    [Fact]
    public void Next_PollsFindNothingWhileWakeUpsFlow_DoublesUpToTheMaximum()
    {
        IsAbout(_poll.Next(), 5);
        foreach (var seconds in new[] { 10, 20, 40, 80, 160, 300, 300 }) IsAbout(LookForNothing(), seconds);
    }

    [Fact]
    public void Next_NoPollPassed_StaysTheSame()
    {
        LookForNothing();
        LookForNothing();

        for (var looks = 0; looks < 10; looks++) IsAbout(_poll.Next(), 20);
    }

    [Fact]
    public void Next_WakeUpsDoNotFlow_IsTheSlowPoll()
    {
        for (var looks = 0; looks < 10; looks++) LookForNothing();
        _store.ProvesNothing = true;

        for (var looks = 0; looks < 3; looks++) IsAbout(LookForNothing(), 5);

        _store.ProvesNothing = false;
        IsAbout(LookForNothing(), 10);
    }

    [Fact]
    public void Found_ByAPoll_IsTheSlowPollAgain()
    {
        for (var looks = 0; looks < 10; looks++) LookForNothing();

        _poll.Passed();
        _poll.Found();

        IsAbout(_poll.Next(), 5);
    }

    [Fact]
    public void Lost_AfterLongPolls_IsShortAndSpread()
    {
        for (var looks = 0; looks < 10; looks++) LookForNothing();

        var times = Enumerable.Range(0, 1000).Select(_ => _poll.Lost()).ToArray();

        times.Should().OnlyContain(time => time >= TimeSpan.Zero && time <= Options.SlowPoll);
        (times.Max() - times.Min()).Should().BeGreaterThan(Options.SlowPoll / 2);
        IsAbout(_poll.Next(), 5);
    }

    [Fact]
    public void Next_OfManyQueues_IsSpread()
    {
        var times = Enumerable.Range(0, 1000).Select(_ => _poll.Next()).ToArray();

        (times.Max() - times.Min()).Should().BeGreaterThan(Options.SlowPoll / 8);
    }

    [Fact]
    public void Next_MaximumBelowTheSlowPoll_IsTheSlowPoll()
    {
        var poll = new SlowPoll(_store, new RestMqOptions { SlowPoll = TimeSpan.FromSeconds(5), MaxSlowPoll = TimeSpan.Zero });
        for (var looks = 0; looks < 3; looks++)
        {
            poll.Passed();
            IsAbout(poll.Next(), 5);
        }
    }

    private TimeSpan LookForNothing()
    {
        _poll.Passed();
        return _poll.Next();
    }

    // Intervals are shortened randomly: the shortest one by at most 25 %, a longer one by at most 50 %.
    private static void IsAbout(TimeSpan time, int seconds) => time.TotalSeconds.Should().BeInRange(seconds * (seconds == 5 ? 0.75 : 0.5), seconds);
}
