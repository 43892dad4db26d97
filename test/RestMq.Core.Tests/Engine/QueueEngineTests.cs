using RestMq.Hosts;
using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>
/// Verifies what the engine adds to its store, on every store and on two hosts. This file holds the setup. The other
/// files hold the tests, one concern a file. The slow poll of these hosts comes after a minute, and time is fake or
/// short. A waiter that gets a message was therefore woken.
/// </summary>
public abstract partial class QueueEngineTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private TestHost _one = null!;
    private TestHost _two = null!;

    private protected abstract TestHosts TestHosts { get; }

    private protected QueueName Queue { get; } = TestHosts.NextQueue();

    private QueueEngine Engine => _one.Engine;

    public Task InitializeAsync()
    {
        (_one, _two) = (TestHosts.NewHost(), TestHosts.NewHost());
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await TestHosts.DisposeAsync();
        await TestHosts.AssertSoundAsync(Queue);
    }

    /// <summary>Returns the engine that acts while the first host waits: its own, or that of the other host.</summary>
    private QueueEngine Actor(bool elsewhere) => (elsewhere ? _two : _one).Engine;

    private static NewMessage Message(string text = "a message", TimeSpan delay = default) => new(MessageBody.FromText(text)) { Delay = delay };

    private static NewMessage[] Messages(int count) => [.. Enumerable.Range(1, count).Select(n => Message($"message {n}"))];

    private Task<IReadOnlyList<QueueMessage>> WaitAsync(CancellationToken cancellationToken = default) => WaitAsync(_one, [Queue], cancellationToken);

    private static Task<IReadOnlyList<QueueMessage>> WaitAsync(TestHost host, QueueName[] queues, CancellationToken cancellationToken = default) =>
        host.Engine.LeaseAsync(queues, 1, Long, TestHosts.Never, cancellationToken).AsTask();

    /// <summary>Begins a long poll, and returns when the waiter has queried the store and is parked.</summary>
    private Task<Task<IReadOnlyList<QueueMessage>>> ParkAsync(CancellationToken cancellationToken = default) =>
        ParkAsync(_one, [Queue], cancellationToken);

    private static async Task<Task<IReadOnlyList<QueueMessage>>> ParkAsync(
        TestHost host, QueueName[] queues, CancellationToken cancellationToken = default)
    {
        var looks = host.Store.EmptyLooks;
        var waiting = WaitAsync(host, queues, cancellationToken);
        // At least: a wake-up of an earlier message may arrive late, and cause one more look.
        await Until(() => host.Store.EmptyLooks >= looks + (2 * queues.Length));
        waiting.IsCompleted.Should().BeFalse();
        return waiting;
    }

    private async Task<QueueMessage> LeaseOneAsync(TimeSpan? lease = null) =>
        (await Engine.LeaseAsync([Queue], 1, lease ?? Long, TimeSpan.Zero)).Should().ContainSingle().Subject;

    private static async Task<QueueMessage> OneOf(Task<IReadOnlyList<QueueMessage>> waiting) =>
        (await Within(waiting)).Should().ContainSingle().Subject;
}

/// <summary>Runs the tests on the memory store with a fake clock.</summary>
public sealed partial class MemoryQueueEngineTests : QueueEngineTests
{
    private protected override TestHosts TestHosts { get; } = new MemoryTestHosts();
}

/// <summary>Runs the tests on Redis. Each of the two hosts has its own connection.</summary>
public sealed class RedisQueueEngineTests(RedisFixture server) : QueueEngineTests, IClassFixture<RedisFixture>
{
    private protected override TestHosts TestHosts { get; } = new RedisTestHosts(server);
}
