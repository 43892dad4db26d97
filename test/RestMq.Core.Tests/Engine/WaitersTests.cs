using Microsoft.Extensions.Time.Testing;
using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>Verifies which waiter is woken, and that no wake-up is lost. A waiter is the wait of one waiter.</summary>
public sealed class WaitersTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private readonly FakeTimeProvider _time = new();
    private readonly Waiters _waiters = new();

    [Fact]
    public void Wake_NoWaiter_IsNotKeptForLaterWaiters()
    {
        _waiters.Any.Should().BeFalse();
        _waiters.Wake();

        var later = Park();

        IsAwake(later).Should().BeFalse();
        _waiters.Any.Should().BeTrue();
    }

    [Fact]
    public void Wake_SeveralWaiters_WakesInOrderOfArrival()
    {
        var turns = new[] { Park(), Park(), Park() };
        foreach (var waiter in turns)
        {
            turns.SkipWhile(other => other != waiter).Should().OnlyContain(other => !IsAwake(other));
            _waiters.Wake();
            IsAwake(waiter).Should().BeTrue();
        }
        _waiters.Any.Should().BeFalse();
    }

    [Fact]
    public void Wake_WaiterParkedFirst_IsWokenBeforeOthers()
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
    public void Wake_WithCount_WakesThatMany(int count, int woken)
    {
        var turns = new[] { Park(), Park(), Park() };

        _waiters.Wake(count);

        turns.Count(IsAwake).Should().Be(woken);
        turns.Take(woken).Count(IsAwake).Should().Be(woken);
    }

    [Fact]
    public void Wake_AfterAWaiterLeft_WakesTheNext()
    {
        var (left, stays) = (Park(), Park());
        left.Dispose();

        _waiters.Wake();

        IsAwake(stays).Should().BeTrue();
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Dispose_WithUnseenWakeUp_PassesItToTheNext(bool told, bool nextIsAwake)
    {
        var (first, second, third) = (Park(), Park(), Park());
        _waiters.Wake();
        if (told) (await Within(first.WaitAsync(Long, _time, default))).Should().BeSameAs(_waiters);

        first.Dispose();

        IsAwake(second).Should().Be(nextIsAwake);
        IsAwake(third).Should().BeFalse();
    }

    [Fact]
    public async Task Dispose_CancelledWaitWithWakeUp_PassesItToTheNext()
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
    public void Wake_WaiterOnSeveralQueues_UsesOneWakeUp()
    {
        var other = new Waiters();
        var both = new Waiters.Waiter();
        _waiters.Park(both, first: false);
        other.Park(both, first: false);
        var (here, there) = (Park(), Park(other));

        _waiters.Wake();
        other.Wake();

        IsAwake(there).Should().BeTrue("the waiter on both queues was already woken");
        IsAwake(here).Should().BeFalse();
        both.Dispose();
        IsAwake(here).Should().BeTrue("the unused wake-up belonged to this queue");
        other.Any.Should().BeFalse();
    }

    [Fact]
    public void Dispose_WaiterOnSeveralQueues_LeavesAll()
    {
        var other = new Waiters();
        var both = new Waiters.Waiter();
        _waiters.Park(both, first: false);
        other.Park(both, first: false);

        both.Dispose();

        (_waiters.Any, other.Any).Should().Be((false, false));
    }

    [Fact]
    public async Task Wait_WakeUpTimeOrCancellation_Ends()
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
    public async Task Wake_RacingDispose_IsNotLost()
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

            IsAwake(stays).Should().BeTrue("the wake-up is for the remaining waiter, whichever call came first");
            _waiters.Any.Should().BeFalse();
        }
    }

    [Fact]
    public async Task Wake_ManyWaitersConcurrently_WakesEachRemaining()
    {
        const int Count = 2000;
        var turns = Enumerable.Range(0, Count).Select(_ => Park()).ToArray();

        await Within(Task.WhenAll(
            Task.Run(() => { for (var i = 0; i < Count; i += 4) turns[i].Dispose(); }),
            Task.Run(() => { for (var i = 0; i < Count / 2; i++) _waiters.Wake(); }),
            Task.Run(() => { for (var i = 0; i < Count / 4; i++) _waiters.Wake(); })));

        turns.Where((_, i) => i % 4 != 0).Should().OnlyContain(waiter => IsAwake(waiter));
        _waiters.Any.Should().BeFalse();
    }

    private Waiters.Waiter Park(Waiters? at = null, bool first = false)
    {
        var waiter = new Waiters.Waiter();
        (at ?? _waiters).Park(waiter, first);
        return waiter;
    }

    private Waiters.Waiter Park(bool first) => Park(null, first);

    // The wait of a woken waiter completes synchronously.
    private bool IsAwake(Waiters.Waiter waiter) => waiter.WaitAsync(Long, _time, default) is { IsCompletedSuccessfully: true, Result: not null };
}
