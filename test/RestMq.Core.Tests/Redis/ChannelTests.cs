using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RestMq.Stores;
using RestMq.Telemetry;
using StackExchange.Redis;
using static RestMq.Deadline;

namespace RestMq.Redis;

/// <summary>Verifies that wake-ups reach the right listeners, however the connection was configured.</summary>
public sealed class ChannelTests(RedisFixture server) : IAsyncLifetime, IClassFixture<RedisFixture>
{
    private static readonly QueueName Queue = QueueName.Parse($"q-{Guid.NewGuid():N}");

    private readonly QueueMetrics _metrics = new(Options.Create(new RestMqOptions()));
    private readonly List<IAsyncDisposable> _made = [];

    /// <summary>Lists the ways to configure a connection.</summary>
    public enum By
    {
        ConnectionString,
        Options,
        Application,
    }

    public static TheoryData<By> All => new(Enum.GetValues<By>());

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        for (var i = _made.Count - 1; i >= 0; i--) await _made[i].DisposeAsync();
        _metrics.Dispose();
    }

    [Theory, MemberData(nameof(All))]
    public async Task WakeUp_OtherDatabase_IsNotHeard(By by)
    {
        var (first, second) = (await NewStoreAsync(by, ""), await NewStoreAsync(by, ",defaultDatabase=1"));
        var (inFirst, inSecond) = (await HearAsync(first), await HearAsync(second));

        await first.DeleteQueueAsync(Queue, default);
        await Until(() => !inFirst.IsEmpty);
        await second.AddAsync(Queue, [new NewMessage(MessageBody.FromText("a message"))], default);
        await Until(() => !inSecond.IsEmpty);

        // Wake-ups on one connection arrive in order. By now, each listener has received all its wake-ups.
        inFirst.Should().Equal(QueueWakeUp.Purged);
        inSecond.Should().Equal(QueueWakeUp.Changed);
        await second.DeleteQueueAsync(Queue, default);
    }

    [Theory, MemberData(nameof(All))]
    public async Task WakeUp_ChannelPrefix_IsHeard(By by)
    {
        var store = await NewStoreAsync(by, ",channelPrefix=app:,defaultDatabase=1");
        var heard = await HearAsync(store);

        await store.DeleteQueueAsync(Queue, default);

        await Until(() => !heard.IsEmpty);
        heard.Should().Equal(QueueWakeUp.Purged);
    }

    private async Task<ConcurrentQueue<QueueWakeUp>> HearAsync(RedisQueueStore store)
    {
        var heard = new ConcurrentQueue<QueueWakeUp>();
        _made.Add(await store.ListenAsync(Queue, heard.Enqueue, default));
        return heard;
    }

    private async Task<RedisQueueStore> NewStoreAsync(By by, string more)
    {
        var options = new RedisStoreOptions();
        switch (by)
        {
            case By.ConnectionString:
                options.Configuration = server.Patient + more;
                break;
            case By.Options:
                options.ConfigurationOptions = ConfigurationOptions.Parse(server.Patient + more);
                break;
            default:
                var connection = await ConnectionMultiplexer.ConnectAsync(server.Patient + more);
                _made.Add(connection);
                options.ConnectionFactory = _ => Task.FromResult<IConnectionMultiplexer>(connection);
                break;
        }
        var store = new RedisQueueStore(options, TimeSpan.FromMinutes(5), NullLogger<RedisQueueStore>.Instance, _metrics);
        _made.Add(store);
        // On a busy machine, connecting may take longer than the timeout of a call.
        await Until(async () => (await store.CheckAsync(default)).Failure is null);
        return store;
    }
}
