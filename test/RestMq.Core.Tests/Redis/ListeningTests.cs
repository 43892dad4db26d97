using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Verifies subscriptions. Wake-ups use their own connection, which may be established later than the one for calls.
/// </summary>
public sealed class ListeningTests : IAsyncLifetime
{
    private static readonly QueueName Test = QueueName.Parse("test");

    private readonly IConnectionMultiplexer _connection = Substitute.For<IConnectionMultiplexer>();
    private readonly ISubscriber _subscriber = Substitute.For<ISubscriber>();
    private readonly QueueMetrics _metrics = new(Options.Create(new RestMqOptions()));
    private readonly RedisQueueStore _store;

    public ListeningTests()
    {
        _connection.IsConnected.Returns(true);
        _connection.GetEndPoints().Returns([]);
        _connection.GetSubscriber().Returns(_subscriber);
        // The substitute is created here, because creating it takes as long as a store waits for a connection.
        var database = Substitute.For<IDatabase>();
        _connection.GetDatabase().Returns(database);
        _store = new RedisQueueStore(
            new RedisStoreOptions { ConnectionFactory = _ => Task.FromResult(_connection) }, TimeSpan.FromMinutes(5), NullLogger<RedisQueueStore>.Instance, _metrics);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        _metrics.Dispose();
    }

    [Fact]
    public async Task Listen_SubscriptionConnectionIsLate_WaitsForIt()
    {
        var looks = 0;
        _subscriber.IsConnected(default).ReturnsForAnyArgs(_ => ++looks > 3);
        _subscriber.SubscribeAsync(default, default(Action<RedisChannel, RedisValue>)!).ReturnsForAnyArgs(_ =>
        {
            looks.Should().Be(4, "the store subscribes only once the connection is established");
            return Task.CompletedTask;
        });

        await _store.ListenAsync(Test, _ => { }, default);

        await _subscriber.ReceivedWithAnyArgs(1).SubscribeAsync(default, default(Action<RedisChannel, RedisValue>)!);
    }

    [Fact]
    public async Task Listen_SubscribeFails_Unsubscribes()
    {
        _subscriber.IsConnected(default).ReturnsForAnyArgs(true);
        _subscriber.SubscribeAsync(default, default(Action<RedisChannel, RedisValue>)!)
            .ThrowsAsyncForAnyArgs(new TimeoutException("gone"));

        await _store.Invoking(store => store.ListenAsync(Test, _ => { }, default).AsTask()).Should().ThrowAsync<RestMqUnavailableException>();

        await _subscriber.ReceivedWithAnyArgs(1).UnsubscribeAsync(default, default(Action<RedisChannel, RedisValue>)!);
    }
}
