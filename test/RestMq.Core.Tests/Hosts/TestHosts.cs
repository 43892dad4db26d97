using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RestMq.Delivery;
using RestMq.Engine;
using RestMq.Memory;
using RestMq.Redis;
using RestMq.Stores;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Hosts;

/// <summary>
/// Creates hosts that share one store. Memory hosts are engines on one store object. Redis hosts each have their own
/// connection to one server.
/// </summary>
internal abstract class TestHosts : IAsyncDisposable
{
    /// <summary>Holds a slow poll that no test reaches. A waiter that is served sooner was woken.</summary>
    public static readonly TimeSpan Never = TimeSpan.FromSeconds(60);

    private readonly List<IAsyncDisposable> _built = [];

    /// <summary>Gets the meters of all hosts.</summary>
    public Meters Meters { get; } = new();

    /// <summary>Gets a short time that tests wait for. It is longer than the steps between two waits take.</summary>
    public abstract TimeSpan Soon { get; }

    protected abstract TimeProvider Time { get; }

    /// <summary>Returns a queue name that no other test uses.</summary>
    public static QueueName NextQueue() => QueueName.Parse($"q-{Guid.NewGuid():N}");

    /// <summary>Starts a host. By default its slow poll never comes.</summary>
    public TestHost NewHost(Action<RestMqOptions>? configure = null)
    {
        var options = new RestMqOptions { SlowPoll = Never };
        configure?.Invoke(options);
        var metrics = new QueueMetrics(Options.Create(options), Meters);
        var own = NewStore(options, metrics);
        var store = new ObservedStore(own);
        var policies = new DeliveryPolicies([new BroadcastPolicy(), new RoundRobinPolicy(Options.Create(options))]);
        var engine = new QueueEngine(store, policies, Options.Create(options), Time, NullLogger<QueueEngine>.Instance, metrics);
        // The list is disposed of from last to first, so the engine ends before its store.
        if (own is IAsyncDisposable disposable) _built.Add(disposable);
        _built.Add(engine);
        return new TestHost(engine, store);
    }

    /// <summary>Lets time pass on the store's clock.</summary>
    public abstract Task PassAsync(TimeSpan time);

    /// <summary>Lets time pass until the task ends. The task must end once <see cref="Soon"/> has passed.</summary>
    public async Task<T> PassUntilAsync<T>(Task<T> task)
    {
        // Time passes in small steps and for longer than `Soon`, because the task may read the clock only after time
        // has begun to pass.
        for (var steps = 40; steps > 0 && !task.IsCompleted; steps--)
        {
            await PassAsync(Soon / 20);
            await Task.Delay(1);
        }
        return await Deadline.Within(task);
    }

    /// <summary>Checks the store's data from outside. No call may work on the queue meanwhile.</summary>
    public virtual Task AssertSoundAsync(QueueName queue) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        for (var i = _built.Count - 1; i >= 0; i--) await _built[i].DisposeAsync();
        Meters.Dispose();
    }

    protected abstract IQueueStore NewStore(RestMqOptions options, QueueMetrics metrics);
}

/// <summary>Holds a host: an engine and its path to the store.</summary>
internal sealed record TestHost(QueueEngine Engine, ObservedStore Store);

/// <summary>Creates hosts over the memory store with a fake clock.</summary>
internal sealed class MemoryTestHosts : TestHosts
{
    private readonly FakeTimeProvider _time = new();
    private readonly WallClock _clock;
    private IQueueStore? _store;

    public MemoryTestHosts() => _clock = new WallClock(_time);

    public override TimeSpan Soon => TimeSpan.FromSeconds(10);

    protected override TimeProvider Time => _clock;

    /// <summary>Sets the wall clock forward. Timers and timestamps do not move.</summary>
    public void SetClock(TimeSpan forward) => _clock.Set += forward;

    public override Task PassAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }

    protected override IQueueStore NewStore(RestMqOptions options, QueueMetrics metrics) => _store ??= new MemoryQueueStore(_clock, Options.Create(options), metrics);

    // Setting the clock of a FakeTimeProvider also moves its timestamps. Real timestamps do not follow the wall clock.
    private sealed class WallClock(FakeTimeProvider time) : TimeProvider
    {
        public TimeSpan Set { get; set; }

        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + Set;

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            time.CreateTimer(callback, state, dueTime, period);
    }
}

/// <summary>Creates hosts over one Redis server with real time.</summary>
/// <param name="server">The server.</param>
/// <param name="configuration">The connection string, when hosts do not connect directly to the server.</param>
internal sealed class RedisTestHosts(RedisFixture server, string? configuration = null) : TestHosts
{
    public override TimeSpan Soon => TimeSpan.FromMilliseconds(500);

    protected override TimeProvider Time => TimeProvider.System;

    public override Task PassAsync(TimeSpan time) => Task.Delay(time);

    public override async Task AssertSoundAsync(QueueName queue)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        await new RedisInvariants(connection, queue).AssertAsync();
    }

    protected override IQueueStore NewStore(RestMqOptions options, QueueMetrics metrics) => new RedisQueueStore(
        new RedisStoreOptions { Configuration = configuration ?? server.Patient }, options.IdempotencyWindow, NullLogger<RedisQueueStore>.Instance, metrics);
}
