using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>Hints come by a connection of their own, which may be up later than the one for calls.</summary>
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
        var database = Substitute.For<IDatabase>(); // Made here, for it takes as long as a store waits for a connection.
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
    public async Task A_store_subscribes_once_the_connection_for_hints_is_up()
    {
        var looks = 0;
        _subscriber.IsConnected(default).ReturnsForAnyArgs(_ => ++looks > 3);
        _subscriber.SubscribeAsync(default, default(Action<RedisChannel, RedisValue>)!).ReturnsForAnyArgs(_ =>
        {
            looks.Should().Be(4, "before that there is no connection to subscribe on");
            return Task.CompletedTask;
        });

        await _store.ListenAsync(Test, _ => { }, default);

        await _subscriber.ReceivedWithAnyArgs(1).SubscribeAsync(default, default(Action<RedisChannel, RedisValue>)!);
    }

    [Fact]
    public async Task An_attempt_that_fails_leaves_no_subscription()
    {
        _subscriber.IsConnected(default).ReturnsForAnyArgs(true);
        _subscriber.SubscribeAsync(default, default(Action<RedisChannel, RedisValue>)!)
            .ThrowsAsyncForAnyArgs(new TimeoutException("gone"));

        await _store.Invoking(store => store.ListenAsync(Test, _ => { }, default).AsTask()).Should().ThrowAsync<RestMqUnavailableException>();

        await _subscriber.ReceivedWithAnyArgs(1).UnsubscribeAsync(default, default(Action<RedisChannel, RedisValue>)!);
    }
}
