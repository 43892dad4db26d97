using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>
/// Verifies the group commit: concurrent calls are sent as one batch. A call is a number and its result is that number
/// as text, so a mixed-up result shows.
/// </summary>
public sealed class GroupCommitTests
{
    private readonly List<int[]> _batches = [];
    private readonly Queue<TaskCompletionSource> _gates = new();

    [Fact]
    public async Task Send_NoCallInProgress_SendsAtOnce()
    {
        var commit = Gathering(SendNow);

        for (var item = 1; item <= 3; item++)
        {
            var call = commit.SendAsync(item);
            call.IsCompleted.Should().BeTrue("no call is in progress before it");
            (await call).Should().Be($"result {item}");
        }

        _batches.Should().BeEquivalentTo<int[]>([[1], [2], [3]], o => o.WithStrictOrdering());
    }

    [Fact]
    public async Task Send_StoreUnavailable_FailsQueuedCallsButNotLaterOnes()
    {
        var first = NextGate();
        var commit = Gathering(SendAtGate);
        var calls = Enumerable.Range(1, 4).Select(item => commit.SendAsync(item).AsTask()).ToArray();

        first.SetException(new RestMqUnavailableException("away"));

        foreach (var call in calls) await ((Func<Task>)(() => Within(call))).Should().ThrowAsync<RestMqUnavailableException>();
        Batches().Should().ContainSingle("no call was sent after the first");
        NextGate().SetResult();
        (await Within(commit.SendAsync(5).AsTask())).Should().Be("result 5");
    }

    [Fact]
    public async Task Send_CallInProgress_BatchesLaterCallsInOrder()
    {
        var (first, second) = (NextGate(), NextGate());
        var commit = Gathering(SendAtGate);

        var calls = Enumerable.Range(1, 5).Select(item => commit.SendAsync(item).AsTask()).ToArray();
        Batches().Should().ContainSingle().Which.Should().Equal(1);
        first.SetResult();
        await Within(calls[0]);
        await Until(() => Batches().Length == 2);
        calls[1..].Should().OnlyContain(call => !call.IsCompleted, "their batch is still in progress");

        second.SetResult();
        (await Within(Task.WhenAll(calls))).Should().Equal("result 1", "result 2", "result 3", "result 4", "result 5");
        Batches()[1].Should().Equal(2, 3, 4, 5);
        Batches().Should().HaveCount(2);
    }

    [Fact]
    public async Task Send_AfterABatchCompleted_SendsAtOnce()
    {
        var gate = NextGate();
        var commit = Gathering(SendAtGate);
        var calls = new[] { commit.SendAsync(1).AsTask(), commit.SendAsync(2).AsTask() };
        gate.SetResult();
        await Within(Task.WhenAll(calls));

        // The group commit is free only a moment after the last call of a batch has its result.
        (await Within(commit.SendAsync(3))).Should().Be("result 3");
        Batches().Should().HaveCount(3);
    }

    [Fact]
    public async Task Send_BatchFails_FailsOnlyItsCallers()
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
    public async Task Send_FirstCallFails_SendsQueuedCalls()
    {
        var gate = NextGate();
        var commit = Gathering(SendAtGate);
        var (first, second) = (commit.SendAsync(1).AsTask(), commit.SendAsync(2).AsTask());

        gate.SetException(new InvalidOperationException("one"));

        await FluentActions.Awaiting(() => Within(first)).Should().ThrowAsync<InvalidOperationException>();
        (await Within(second)).Should().Be("result 2");
    }

    [Fact]
    public async Task Send_ThrowsSynchronously_FailsTheCall()
    {
        var fail = true;
        var commit = Gathering(batch => fail ? throw new InvalidOperationException("at once") : SendNow(batch));

        await FluentActions.Awaiting(() => Within(commit.SendAsync(1))).Should().ThrowAsync<InvalidOperationException>();
        fail = false;
        (await Within(commit.SendAsync(2))).Should().Be("result 2");
    }

    [Fact]
    public async Task Send_ItemsWithWeights_BoundEachBatch()
    {
        var gate = NextGate();
        var commit = new GroupCommit<int, string>(SendAtGate, weigh: static item => item, maxWeight: 10);

        var calls = new[] { 1, 4, 6, 1, 25, 9, 1, 1 }.Select(item => commit.SendAsync(item).AsTask()).ToArray();
        gate.SetResult();
        await Within(Task.WhenAll(calls));

        Batches().Should().BeEquivalentTo<int[]>([[1], [4, 6], [1], [25], [9, 1], [1]], o => o.WithStrictOrdering());
    }

    [Fact]
    public async Task Send_ThousandConcurrentCallers_EachGetTheirOwnResult()
    {
        var commit = Gathering(async batch =>
        {
            var results = await SendNow(batch);
            await Task.Yield();
            return results;
        });

        var results = await Within(Task.WhenAll(Enumerable.Range(0, 1000).Select(item => Task.Run(async () => await commit.SendAsync(item)))));

        results.Should().Equal(Enumerable.Range(0, 1000).Select(item => $"result {item}"));
        Batches().SelectMany(batch => batch)
            .Should().BeEquivalentTo(Enumerable.Range(0, 1000), "each call was sent once");
    }

    [Fact]
    public async Task Send_SynchronousStore_FirstCallerDoesNotRunLaterBatches()
    {
        using var entered = new SemaphoreSlim(0);
        using var gate = new SemaphoreSlim(0);
        var others = new List<Task<string>>();
        var commit = Gathering(batch =>
        {
            // Blocks the first call until the others are queued, then blocks their batch until the first call is done.
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

    // Waits for the next gate. Without a gate, it sends at once.
    private async ValueTask<string[]> SendAtGate(IReadOnlyList<int> batch)
    {
        var results = await SendNow(batch);
        if (_gates.TryDequeue(out var gate)) await gate.Task;
        return results;
    }
}
