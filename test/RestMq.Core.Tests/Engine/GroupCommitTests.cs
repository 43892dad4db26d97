using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>Calls that come together go together. A call is an item and its result is the item in words, so that none can be mixed up.</summary>
public sealed class GroupCommitTests
{
    private readonly List<int[]> _batches = [];
    private readonly Queue<TaskCompletionSource> _gates = new();

    [Fact]
    public async Task A_lone_call_goes_at_once_and_alone()
    {
        var commit = Gathering(SendNow);

        for (var item = 1; item <= 3; item++)
        {
            var call = commit.SendAsync(item);
            call.IsCompleted.Should().BeTrue("nobody is before it");
            (await call).Should().Be($"result {item}");
        }

        _batches.Should().BeEquivalentTo<int[]>([[1], [2], [3]], o => o.WithStrictOrdering());
    }

    [Fact]
    public async Task Calls_behind_one_that_the_store_did_not_answer_are_told_so_and_later_ones_try_again()
    {
        var first = NextGate();
        var commit = Gathering(SendAtGate);
        var calls = Enumerable.Range(1, 4).Select(item => commit.SendAsync(item).AsTask()).ToArray();

        first.SetException(new RestMqUnavailableException("away"));

        foreach (var call in calls) await ((Func<Task>)(() => Within(call))).Should().ThrowAsync<RestMqUnavailableException>();
        Batches().Should().ContainSingle("nobody was sent after the first");
        NextGate().SetResult();
        (await Within(commit.SendAsync(5).AsTask())).Should().Be("result 5");
    }

    [Fact]
    public async Task Calls_that_come_while_one_is_under_way_go_together_in_order()
    {
        var (first, second) = (NextGate(), NextGate());
        var commit = Gathering(SendAtGate);

        var calls = Enumerable.Range(1, 5).Select(item => commit.SendAsync(item).AsTask()).ToArray();
        Batches().Should().ContainSingle().Which.Should().Equal(1);
        first.SetResult();
        await Within(calls[0]);
        await Until(() => Batches().Length == 2);
        calls[1..].Should().OnlyContain(call => !call.IsCompleted, "their batch is still under way");

        second.SetResult();
        (await Within(Task.WhenAll(calls))).Should().Equal("result 1", "result 2", "result 3", "result 4", "result 5");
        Batches()[1].Should().Equal(2, 3, 4, 5);
        Batches().Should().HaveCount(2);
    }

    [Fact]
    public async Task When_all_is_done_the_next_call_goes_at_once_again()
    {
        var gate = NextGate();
        var commit = Gathering(SendAtGate);
        var calls = new[] { commit.SendAsync(1).AsTask(), commit.SendAsync(2).AsTask() };
        gate.SetResult();
        await Within(Task.WhenAll(calls));

        // The lane is free only a moment after the last of a batch has its result.
        (await Within(commit.SendAsync(3))).Should().Be("result 3");
        Batches().Should().HaveCount(3);
    }

    [Fact]
    public async Task An_exception_goes_to_the_callers_of_its_batch_and_to_no_other()
    {
        var gate = NextGate();
        var commit = Gathering(async batch =>
        {
            var results = await SendAtGate(batch);
            return batch.Contains(2) ? throw new InvalidOperationException("two") : results;
        }, maxWeight: 2);

        var calls = Enumerable.Range(1, 5).Select(item => commit.SendAsync(item).AsTask()).ToArray();
        gate.SetResult();

        (await Within(calls[0])).Should().Be("result 1");
        foreach (var call in calls[1..3])
            (await FluentActions.Awaiting(() => Within(call)).Should().ThrowAsync<InvalidOperationException>()).WithMessage("two");
        (await Within(Task.WhenAll(calls[3..]))).Should().Equal("result 4", "result 5");
        Batches()[1..].Should().BeEquivalentTo<int[]>([[2, 3], [4, 5]], o => o.WithStrictOrdering());
    }

    [Fact]
    public async Task A_failed_first_call_lets_those_behind_it_go()
    {
        var gate = NextGate();
        var commit = Gathering(SendAtGate);
        var (first, second) = (commit.SendAsync(1).AsTask(), commit.SendAsync(2).AsTask());

        gate.SetException(new InvalidOperationException("one"));

        await FluentActions.Awaiting(() => Within(first)).Should().ThrowAsync<InvalidOperationException>();
        (await Within(second)).Should().Be("result 2");
    }

    [Fact]
    public async Task A_send_that_throws_before_its_first_await_is_an_exception_too()
    {
        var fail = true;
        var commit = Gathering(batch => fail ? throw new InvalidOperationException("at once") : SendNow(batch));

        await FluentActions.Awaiting(() => Within(commit.SendAsync(1))).Should().ThrowAsync<InvalidOperationException>();
        fail = false;
        (await Within(commit.SendAsync(2))).Should().Be("result 2");
    }

    [Fact]
    public async Task Weights_bound_a_batch_but_for_one_that_is_heavier_alone()
    {
        var gate = NextGate();
        var commit = new GroupCommit<int, string>(SendAtGate, weigh: static item => item, maxWeight: 10);

        var calls = new[] { 1, 4, 6, 1, 25, 9, 1, 1 }.Select(item => commit.SendAsync(item).AsTask()).ToArray();
        gate.SetResult();
        await Within(Task.WhenAll(calls));

        Batches().Should().BeEquivalentTo<int[]>([[1], [4, 6], [1], [25], [9, 1], [1]], o => o.WithStrictOrdering());
    }

    [Fact]
    public async Task A_thousand_concurrent_callers_each_get_their_own_result()
    {
        var commit = Gathering(async batch =>
        {
            var results = await SendNow(batch);
            await Task.Yield();
            return results;
        });

        var results = await Within(Task.WhenAll(Enumerable.Range(0, 1000).Select(item => Task.Run(async () => await commit.SendAsync(item)))));

        results.Should().Equal(Enumerable.Range(0, 1000).Select(item => $"result {item}"));
        Batches().SelectMany(batch => batch).Should().BeEquivalentTo(Enumerable.Range(0, 1000), "each went once");
    }

    [Fact]
    public async Task A_send_that_never_awaits_does_not_keep_the_first_caller_with_the_calls_of_others()
    {
        using var entered = new SemaphoreSlim(0);
        using var gate = new SemaphoreSlim(0);
        var others = new List<Task<string>>();
        var commit = Gathering(batch =>
        {
            // The first caller is kept here until others have come; the others' batch is kept until the first caller is done.
            entered.Release();
            gate.Wait();
            return SendNow(batch);
        });

        var first = Task.Run(async () => await commit.SendAsync(1));
        await Within(entered.WaitAsync());
        others.AddRange(Enumerable.Range(2, 3).Select(item => commit.SendAsync(item).AsTask()));
        gate.Release();

        (await Within(first)).Should().Be("result 1");
        others.Should().OnlyContain(call => !call.IsCompleted);
        gate.Release(10);
        await Within(Task.WhenAll(others));
    }

    private static GroupCommit<int, string> Gathering(Func<IReadOnlyList<int>, ValueTask<string[]>> send, long maxWeight = 1000) =>
        new(send, static _ => 1, maxWeight);

    private TaskCompletionSource NextGate()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gates.Enqueue(gate);
        return gate;
    }

    private int[][] Batches()
    {
        lock (_batches) return [.. _batches];
    }

    private ValueTask<string[]> SendNow(IReadOnlyList<int> batch)
    {
        lock (_batches) _batches.Add([.. batch]);
        return new(batch.Select(item => $"result {item}").ToArray());
    }

    // Waits at the next gate, and when there is none left goes through.
    private async ValueTask<string[]> SendAtGate(IReadOnlyList<int> batch)
    {
        var results = await SendNow(batch);
        if (_gates.TryDequeue(out var gate)) await gate.Task;
        return results;
    }
}
