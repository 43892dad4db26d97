using RestMq.Hosts;
using RestMq.Delivery;
using StackExchange.Redis;
using static RestMq.Deadline;

namespace RestMq.Redis;

/// <summary>
/// Verifies that a purge ends every stream, even on a host that misses the wake-up, and that nothing else does.
/// </summary>
public sealed class LostPurgeTests(RedisFixture server) : IAsyncLifetime, IClassFixture<RedisFixture>
{
    private readonly QueueName _queue = TestHosts.NextQueue();
    private readonly RedisTestHosts _hosts = new(server);
    private TestHost _deaf = null!;
    private TestHost _other = null!;

    /// <summary>Lists the kinds of live consumers.</summary>
    public enum Kind
    {
        Broadcast,
        RoundRobin,
        Leased,
        LeasedAndFull,
    }

    public static TheoryData<Kind> Kinds => new(Enum.GetValues<Kind>());

    public Task InitializeAsync()
    {
        (_deaf, _other) = (_hosts.NewHost(options => options.SlowPoll = TimeSpan.FromMilliseconds(100)), _hosts.NewHost());
        _deaf.Store.LosesWakeUps = _ => true;
        _deaf.Store.ProvesNothing = true; // The intervals of its slow poll stay short.
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _hosts.DisposeAsync();
        await _hosts.AssertSoundAsync(_queue);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Purge_WakeUpLost_EndsStreamsAtTheSlowPoll(Kind kind)
    {
        await _other.Engine.ConfigureAsync(_queue, new QueueSettingsChange { Policy = kind == Kind.RoundRobin ? QueuePolicy.RoundRobin : QueuePolicy.Broadcast });
        await using var listener = await ListenAsync(kind);
        if (kind == Kind.LeasedAndFull)
        {
            await AddAsync();
            await listener.NextAsync();
        }

        await _other.Engine.DeleteQueueAsync(_queue);

        await Within(listener.Ended);
        await using var next = await ListenAsync(kind);
        await LooksAsync();
        next.Ended.IsCompleted.Should().BeFalse("the stream began after the purge");
    }

    [Fact]
    public async Task Purge_UnknownQueueAndWakeUpLost_EndsStreams()
    {
        await using var listener = await ListenAsync(Kind.Broadcast);

        (await _other.Engine.DeleteQueueAsync(_queue)).Should().BeFalse();

        await Within(listener.Ended);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task QueueCreation_OrDataLoss_EndsNoStream(Kind kind)
    {
        await _other.Engine.DeleteQueueAsync(_queue);
        await using var listener = await ListenAsync(kind);
        await AddAsync();
        (await listener.NextAsync()).Message!.Key.Id.Should().Be(1);
        await LooksAsync();
        await _other.Engine.PurgeAsync(_queue, MessageState.Ready);
        await LooksAsync();

        await LoseDataAsync();
        await LooksAsync();
        await AddAsync();

        (await listener.NextAsync()).Message!.Key.Id.Should().BeGreaterThan(1, "an id is never used again");
        await LooksAsync();
        listener.Ended.IsCompleted.Should().BeFalse();

        await _other.Engine.DeleteQueueAsync(_queue);
        await Within(listener.Ended);
    }

    private int Looks => _deaf.Store.Steps + _deaf.Store.EmptyLooks;

    private async Task<Listener> ListenAsync(Kind kind)
    {
        var before = Looks;
        var options = new LiveConsumerOptions();
        if (kind is Kind.Leased or Kind.LeasedAndFull) options = new LiveConsumerOptions { Lease = TimeSpan.FromHours(1), Prefetch = kind == Kind.Leased ? 10 : 1 };
        var listener = new Listener((await Within(_deaf.Engine.SubscribeAsync(_queue, options)))!);
        await Until(() => Looks > before);
        return listener;
    }

    private Task AddAsync() => _other.Engine.AddAsync(_queue, new NewMessage(MessageBody.FromText("a message"))).AsTask();

    // Waits for three slow polls. A full stream asks once a second which deliveries it holds instead.
    private async Task LooksAsync()
    {
        var (before, calls) = (Looks, _deaf.Store.Holdings);
        await Until(() => Looks >= before + 3 || _deaf.Store.Holdings > calls);
    }

    private async Task LoseDataAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        await connection.GetDatabase().KeyDeleteAsync([.. new RedisKeys("restmq:", _queue).All]);
    }
}
