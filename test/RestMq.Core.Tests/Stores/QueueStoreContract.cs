using Microsoft.Extensions.Options;
using RestMq.Telemetry;

namespace RestMq.Stores;

/// <summary>
/// Verifies what every store promises, one test a promise. This file holds the setup. The other files hold the tests,
/// one concern a file. A derived class defines how its store is created and how time passes.
/// </summary>
public abstract partial class QueueStoreContract : IAsyncLifetime
{
    /// <summary>Holds a time that no test reaches.</summary>
    private protected static readonly TimeSpan Long = TimeSpan.FromHours(1);

    /// <summary>Gets a short time that tests wait for. It is longer than the steps between two waits take.</summary>
    private protected abstract TimeSpan Soon { get; }

    private protected IQueueStore Store { get; private set; } = null!;

    /// <summary>Gets the store of another host with the same messages. Tests listen for wake-ups on it.</summary>
    private protected IQueueStore Other { get; private set; } = null!;

    private protected QueueName Queue { get; private set; } = null!;

    /// <summary>Gets the measurements of both stores.</summary>
    private protected Meters Meters { get; } = new();

    /// <summary>Creates the store, and the store of another host. Both may be the same object.</summary>
    private protected abstract Task<(IQueueStore Store, IQueueStore Other)> CreateStoresAsync(RestMqOptions options, QueueMetrics metrics);

    /// <summary>Lets time pass on the store's clock.</summary>
    private protected abstract Task PassAsync(TimeSpan time);

    /// <summary>Returns a queue name that no other test uses.</summary>
    private protected static QueueName NextQueue() => QueueName.Parse($"q-{Guid.NewGuid():N}");

    public async Task InitializeAsync()
    {
        var options = new RestMqOptions { IdempotencyWindow = 5 * Soon };
        (Store, Other) = await CreateStoresAsync(options, new QueueMetrics(Options.Create(options), Meters));
        Queue = NextQueue();
    }

    public virtual Task DisposeAsync()
    {
        Meters.Dispose();
        return Task.CompletedTask;
    }

    private protected static NewMessage Message(string text, TimeSpan delay = default, TimeSpan? ttl = null, string? once = null) =>
        new(MessageBody.FromText(text)) { Delay = delay, TimeToLive = ttl, IdempotencyKey = once };

    private protected static IEnumerable<long> Ids(IEnumerable<QueueMessage> messages) => messages.Select(message => message.Key.Id);

    private protected static IEnumerable<long> Numbers(int first, int last) => Enumerable.Range(first, last - first + 1).Select(n => (long)n);

    private ValueTask<AddResult[]> AddAsync(params NewMessage[] messages) => Store.AddAsync(Queue, messages, default);

    /// <summary>Adds this many messages in one batch.</summary>
    private ValueTask<AddResult[]> AddAsync(int count, TimeSpan delay = default, TimeSpan? ttl = null) =>
        AddAsync([.. Numbers(1, count).Select(n => Message($"message {n}", delay, ttl))]);

    private protected async Task<IReadOnlyList<QueueMessage>> LeaseAsync(int count, TimeSpan? lease = null) =>
        (await LeaseBatchAsync(new LeaseRequest(count, lease ?? Long))).Messages;

    private ValueTask<LeasedBatch> LeaseBatchAsync(params LeaseRequest[] requests) => Store.LeaseAsync(Queue, requests, default);

    private protected async Task<QueueMessage> LeaseOneAsync(TimeSpan? lease = null) => (await LeaseAsync(1, lease)).Should().ContainSingle().Subject;

    private ValueTask<SettleResult[]> SettleAsync(params Settlement[] settlements) => Store.SettleAsync(Queue, settlements, default);

    private ValueTask<SettleResult[]> SettleAsync(IEnumerable<QueueMessage> messages, SettleAction action, TimeSpan time = default) =>
        SettleAsync([.. messages.Select(message => new Settlement(message.Receipt, action) { Time = time, Reason = "a reason" })]);

    private async Task<SettleResult> SettleAsync(QueueMessage message, SettleAction action, TimeSpan time = default) =>
        (await SettleAsync([message], action, time)).Should().ContainSingle().Subject;

    private ValueTask<SettleResult[]> DeleteAsync(params long[] ids) =>
        SettleAsync([.. ids.Select(id => new Settlement(new Receipt(Key(id), 0), SettleAction.Ack))]);

    private protected MessageKey Key(long id) => new(Queue, id);

    private ValueTask<MessageSnapshot?> PeekAsync(long id) => Store.PeekAsync(Key(id), default);

    private async Task<IEnumerable<long>> BrowseAsync(MessageState state, int count = 1000) =>
        Ids((await Store.BrowseAsync(Queue, state, count, default)).Select(snapshot => snapshot.Message));

    private ValueTask<QueueSettings> ConfigureAsync(QueueSettingsChange change) => Store.ConfigureAsync(Queue, change, default);

    private protected ValueTask<QueueStats> StatsAsync() => Store.StatsAsync(Queue, default);

    /// <summary>Returns the number of messages in each state, after due messages were moved.</summary>
    private async Task<(long Ready, long Leased, long Delayed, long Dead)> StatesAsync()
    {
        var stats = await StatsAsync();
        return (stats.Ready, stats.Leased, stats.Delayed, stats.Dead);
    }

    /// <summary>Lets time pass in small steps until the queue has these numbers of messages.</summary>
    private Task UntilAsync(long ready = 0, long leased = 0, long delayed = 0, long dead = 0) =>
        EventuallyAsync(async () => (await StatesAsync()).Should().Be((ready, leased, delayed, dead)));

    /// <summary>Lets time pass in small steps until the check succeeds.</summary>
    private protected async Task EventuallyAsync(Func<Task> check)
    {
        for (var left = 100; ; left--)
        {
            try
            {
                await check();
                return;
            }
            catch (Exception) when (left > 0)
            {
                await PassAsync(Soon / 10);
            }
        }
    }
}
