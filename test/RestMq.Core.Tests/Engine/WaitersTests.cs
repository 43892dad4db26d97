using Microsoft.Extensions.Time.Testing;
using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>Who is woken, and that no wake-up is lost. A turn is one waiter's wait.</summary>
public sealed class WaitersTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private readonly FakeTimeProvider _time = new();
    private readonly Waiters _waiters = new();

    [Fact]
    public void Nobody_waits_at_first_and_a_wake_up_is_for_those_who_wait()
    {
        _waiters.Any.Should().BeFalse();
        _waiters.Wake();

        var later = Park();

        IsAwake(later).Should().BeFalse();
        _waiters.Any.Should().BeTrue();
    }

    [Fact]
    public void First_come_is_first_woken()
    {
        var turns = new[] { Park(), Park(), Park() };
        foreach (var turn in turns)
        {
            turns.SkipWhile(other => other != turn).Should().OnlyContain(other => !IsAwake(other));
            _waiters.Wake();
            IsAwake(turn).Should().BeTrue();
        }
        _waiters.Any.Should().BeFalse();
    }

    [Fact]
    public void One_who_waited_before_is_before_the_others()
    {
        var other = Park();
        var again = Park(first: true);

        _waiters.Wake();

        IsAwake(again).Should().BeTrue();
        IsAwake(other).Should().BeFalse();
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(5, 3)]
    [InlineData(0, 0)]
    public void As_many_are_woken_as_is_said(int count, int woken)
    {
        var turns = new[] { Park(), Park(), Park() };

        _waiters.Wake(count);

        turns.Count(IsAwake).Should().Be(woken);
        turns.Take(woken).Count(IsAwake).Should().Be(woken);
    }

    [Fact]
    public void One_who_left_is_not_woken_in_another_s_place()
    {
        var (left, stays) = (Park(), Park());
        left.Dispose();

        _waiters.Wake();

        IsAwake(stays).Should().BeTrue();
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task A_wake_up_that_its_owner_was_not_told_of_goes_to_the_next(bool told, bool nextIsAwake)
    {
        var (first, second, third) = (Park(), Park(), Park());
        _waiters.Wake();
        if (told) (await Within(first.WaitAsync(Long, _time, default))).Should().BeSameAs(_waiters);

        first.Dispose();

        IsAwake(second).Should().Be(nextIsAwake);
        IsAwake(third).Should().BeFalse();
    }

    [Fact]
    public async Task A_wake_up_that_meets_a_cancelled_wait_goes_to_the_next()
    {
        var (first, second) = (Park(), Park());
        using var cancel = new CancellationTokenSource();
        var wait = first.WaitAsync(Long, _time, cancel.Token);
        cancel.Cancel();
        _waiters.Wake();
        await FluentActions.Awaiting(() => Within(wait)).Should().ThrowAsync<OperationCanceledException>();

        first.Dispose();

        IsAwake(second).Should().BeTrue();
    }

    [Fact]
    public void Someone_who_waits_for_several_queues_is_woken_once_and_uses_up_one_wake_up()
    {
        var other = new Waiters();
        var both = new Waiters.Turn();
        _waiters.Park(both, first: false);
        other.Park(both, first: false);
        var (here, there) = (Park(), Park(other));

        _waiters.Wake();
        other.Wake();

        IsAwake(there).Should().BeTrue("the other had been woken already");
        IsAwake(here).Should().BeFalse();
        both.Dispose();
        IsAwake(here).Should().BeTrue("the wake-up was of that queue");
        other.Any.Should().BeFalse();
    }

    [Fact]
    public void One_who_leaves_leaves_every_queue()
    {
        var other = new Waiters();
        var both = new Waiters.Turn();
        _waiters.Park(both, first: false);
        other.Park(both, first: false);

        both.Dispose();

        (_waiters.Any, other.Any).Should().Be((false, false));
    }

    [Fact]
    public async Task A_wait_ends_by_a_wake_up_by_time_or_by_cancelling()
    {
        var (woken, late, cancelled) = (Park(), Park(), Park());
        using var cancel = new CancellationTokenSource();
        var waits = new[] { woken.WaitAsync(Long, _time, default), late.WaitAsync(Long, _time, default), cancelled.WaitAsync(Long, _time, cancel.Token) };

        _waiters.Wake();
        (await Within(waits[0])).Should().BeSameAs(_waiters);
        cancel.Cancel();
        await FluentActions.Awaiting(() => Within(waits[2])).Should().ThrowAsync<OperationCanceledException>();
        waits[1].IsCompleted.Should().BeFalse();
        _time.Advance(Long);
        (await Within(waits[1])).Should().BeNull();
    }

    [Fact]
    public async Task Of_those_who_leave_while_wake_ups_come_none_takes_one_along()
    {
        for (var round = 0; round < 500; round++)
        {
            var (leaves, stays) = (Park(), Park());
            using var start = new Barrier(2);
            var leaving = Task.Run(() =>
            {
                start.SignalAndWait();
                leaves.Dispose();
            });
            start.SignalAndWait();
            _waiters.Wake();
            await Within(leaving);

            IsAwake(stays).Should().BeTrue("whoever came first, the wake-up is for the one who stays");
            _waiters.Any.Should().BeFalse();
        }
    }

    [Fact]
    public async Task Many_waiters_and_as_many_wake_ups_meet_whatever_the_order()
    {
        const int Count = 2000;
        var turns = Enumerable.Range(0, Count).Select(_ => Park()).ToArray();

        await Within(Task.WhenAll(
            Task.Run(() => { for (var i = 0; i < Count; i += 4) turns[i].Dispose(); }),
            Task.Run(() => { for (var i = 0; i < Count / 2; i++) _waiters.Wake(); }),
            Task.Run(() => { for (var i = 0; i < Count / 4; i++) _waiters.Wake(); })));

        turns.Where((_, i) => i % 4 != 0).Should().OnlyContain(turn => IsAwake(turn));
        _waiters.Any.Should().BeFalse();
    }

    private Waiters.Turn Park(Waiters? at = null, bool first = false)
    {
        var turn = new Waiters.Turn();
        (at ?? _waiters).Park(turn, first);
        return turn;
    }

    private Waiters.Turn Park(bool first) => Park(null, first);

    // A turn that was woken needs no time to say so.
    private bool IsAwake(Waiters.Turn turn) => turn.WaitAsync(Long, _time, default) is { IsCompletedSuccessfully: true, Result: not null };
}
