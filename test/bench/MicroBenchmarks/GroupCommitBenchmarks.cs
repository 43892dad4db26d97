using BenchmarkDotNet.Attributes;
using RestMq.Engine;

namespace RestMq.Bench.Micro;

/// <summary>
/// Measures group commit without a store: calls that are sent alone, and calls that wait and are sent together.
/// </summary>
[MemoryDiagnoser]
public class GroupCommitBenchmarks
{
    private const int Concurrent = 50;

    private readonly GroupCommit<int, int> _instant = new(static items => new([.. items]), static _ => 1, 1000);
    private readonly GroupCommit<int, int> _slow = new(SendLaterAsync, static _ => 1, 1000);

    [Benchmark(Baseline = true)]
    public async Task<int> Alone() => await _instant.SendAsync(1);

    [Benchmark(OperationsPerInvoke = Concurrent)]
    public Task Together()
    {
        var calls = new Task[Concurrent];
        for (var i = 0; i < Concurrent; i++) calls[i] = _slow.SendAsync(i).AsTask();
        return Task.WhenAll(calls);
    }

    private static async ValueTask<int[]> SendLaterAsync(IReadOnlyList<int> items)
    {
        await Task.Yield();
        return [.. items];
    }
}
