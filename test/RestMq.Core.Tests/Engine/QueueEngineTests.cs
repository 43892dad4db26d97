using RestMq.Daemons;
using RestMq.Redis;
using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>
/// What the engine adds to its store, on every store and on two daemons. This file sets the stage; the others hold the tests by concern. The
/// slow poll of these daemons comes after a minute and time is ours or short, so who is served here was woken.
/// </summary>
public abstract partial class QueueEngineTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private Daemon _one = null!;
    private Daemon _two = null!;

    private protected abstract Stage Stage { get; }

    private protected QueueName Queue { get; } = Stage.NextQueue();

    private QueueEngine Engine => _one.Engine;

    public Task InitializeAsync()
    {
        (_one, _two) = (Stage.NewDaemon(), Stage.NewDaemon());
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await Stage.DisposeAsync();
        await Stage.AssertSoundAsync(Queue);
    }

    /// <summary>The daemon that acts while the first one waits: itself, or another.</summary>
    private QueueEngine Actor(bool elsewhere) => (elsewhere ? _two : _one).Engine;

    private static NewMessage Message(string text = "a message", TimeSpan delay = default) => new(MessageBody.FromText(text)) { Delay = delay };

    private static NewMessage[] Messages(int count) => [.. Enumerable.Range(1, count).Select(n => Message($"message {n}"))];

    private Task<IReadOnlyList<QueueMessage>> WaitAsync(CancellationToken cancellationToken = default) => WaitAsync(_one, [Queue], cancellationToken);

    private static Task<IReadOnlyList<QueueMessage>> WaitAsync(Daemon daemon, QueueName[] queues, CancellationToken cancellationToken = default) =>
        daemon.Engine.LeaseAsync(queues, 1, Long, Stage.Never, cancellationToken).AsTask();

    /// <summary>Begins to wait, and returns when the waiter has looked for itself and is parked.</summary>
    private Task<Task<IReadOnlyList<QueueMessage>>> ParkAsync(CancellationToken cancellationToken = default) =>
        ParkAsync(_one, [Queue], cancellationToken);

    private static async Task<Task<IReadOnlyList<QueueMessage>>> ParkAsync(
        Daemon daemon, QueueName[] queues, CancellationToken cancellationToken = default)
    {
        var looks = daemon.Store.EmptyLooks;
        var waiting = WaitAsync(daemon, queues, cancellationToken);
        await Until(() => daemon.Store.EmptyLooks == looks + (2 * queues.Length));
        waiting.IsCompleted.Should().BeFalse();
        return waiting;
    }

    private async Task<QueueMessage> LeaseOneAsync(TimeSpan? lease = null) =>
        (await Engine.LeaseAsync([Queue], 1, lease ?? Long, TimeSpan.Zero)).Should().ContainSingle().Subject;

    private static async Task<QueueMessage> OneOf(Task<IReadOnlyList<QueueMessage>> waiting) =>
        (await Within(waiting)).Should().ContainSingle().Subject;
}

/// <summary>On memory, whose time is ours.</summary>
public sealed partial class MemoryQueueEngineTests : QueueEngineTests
{
    private protected override Stage Stage { get; } = new MemoryStage();
}

/// <summary>On Redis: two daemons have two connections.</summary>
[Collection(RedisCollection.Name)]
public sealed class RedisQueueEngineTests(RedisFixture server) : QueueEngineTests
{
    private protected override Stage Stage { get; } = new RedisStage(server);
}
