using RestMq.Daemons;
using RestMq.Delivery;
using StackExchange.Redis;
using static RestMq.Deadline;

namespace RestMq.Redis;

/// <summary>A purge ends every stream, also of a daemon that does not hear of it; and nothing else does.</summary>
[Collection(RedisCollection.Name)]
public sealed class LostPurgeTests(RedisFixture server) : IAsyncLifetime
{
    private readonly QueueName _queue = Stage.NextQueue();
    private readonly RedisStage _stage = new(server);
    private Daemon _deaf = null!;
    private Daemon _other = null!;

    /// <summary>Who listens.</summary>
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
        (_deaf, _other) = (_stage.NewDaemon(options => options.SlowPoll = TimeSpan.FromMilliseconds(100)), _stage.NewDaemon());
        _deaf.Store.LosesHints = _ => true;
        _deaf.Store.ProvesNothing = true; // Its polls do not stretch.
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _stage.DisposeAsync();
        await _stage.AssertSoundAsync(_queue);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_purge_whose_hint_is_lost_ends_the_streams_with_the_slow_poll(Kind kind)
    {
        await _other.Engine.ConfigureAsync(_queue, new QueueSettingsChange { Policy = kind == Kind.RoundRobin ? QueuePolicy.RoundRobin : QueuePolicy.Broadcast });
        await using var listener = await ListenAsync(kind);
        if (kind == Kind.LeasedAndFull)
        {
            await AddAsync();
            await listener.NextAsync();
        }

        await _other.Engine.PurgeAsync(_queue);

        await Within(listener.Ended);
        await using var next = await ListenAsync(kind);
        await LooksAsync();
        next.Ended.IsCompleted.Should().BeFalse("it began after the purge, while the other was still there");
    }

    [Fact]
    public async Task So_does_one_of_a_queue_that_never_was()
    {
        await using var listener = await ListenAsync(Kind.Broadcast);

        (await _other.Engine.PurgeAsync(_queue)).Should().BeFalse();

        await Within(listener.Ended);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_queue_that_comes_to_be_or_whose_data_is_lost_ends_no_stream(Kind kind)
    {
        await _other.Engine.PurgeAsync(_queue);
        await using var listener = await ListenAsync(kind);
        await AddAsync();
        (await listener.NextAsync()).Message!.Key.Id.Should().Be(1);
        await LooksAsync();
        await _other.Engine.PurgeAsync(_queue, MessageState.Ready);
        await LooksAsync();

        await LoseDataAsync();
        await LooksAsync();
        await AddAsync();

        (await listener.NextAsync()).Message!.Key.Id.Should().BeGreaterThan(1, "an id that was given out does not come again");
        await LooksAsync();
        listener.Ended.IsCompleted.Should().BeFalse();

        await _other.Engine.PurgeAsync(_queue);
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

    // Some slow polls; one that is full asks what it holds instead, once a second.
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
