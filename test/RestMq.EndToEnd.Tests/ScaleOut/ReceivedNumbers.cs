using System.Collections.Concurrent;
using System.Text.Json;

namespace RestMq.EndToEnd.ScaleOut;

/// <summary>Collects the numbers of the messages that several consumers have seen.</summary>
internal sealed class ReceivedNumbers
{
    private readonly ConcurrentQueue<int> _numbers = new();

    public IReadOnlyCollection<int> Numbers => _numbers;

    public void Add(JsonElement message) => Add(LiveActions.NumberOf(message));

    public void Add(int number) => _numbers.Enqueue(number);

    /// <summary>Waits until each number has been seen at least once.</summary>
    public Task HaveAllAsync(IEnumerable<int> wanted) =>
        Eventually.TrueAsync(() => Task.FromResult(!wanted.Except(_numbers).Any()), "every message is seen", seconds: 20);
}
