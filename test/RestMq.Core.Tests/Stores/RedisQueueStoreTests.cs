using Microsoft.Extensions.Logging.Abstractions;
using RestMq.Redis;
using StackExchange.Redis;

namespace RestMq.Stores;

/// <summary>
/// The contract on Redis, whose time is real: tests wait a little, and poll until a deadline. After each test the queue's keys are as
/// <see cref="RedisInvariants"/> says.
/// </summary>
[Collection(RedisCollection.Name)]
public sealed class RedisQueueStoreTests(RedisServer server) : QueueStoreContract
{
    private readonly List<RedisQueueStore> _stores = [];

    // Long enough that a busy machine does the steps before it within it.
    private protected override TimeSpan Soon => TimeSpan.FromMilliseconds(500);

    private protected override Task<(IQueueStore Store, IQueueStore Other)> CreateStoresAsync(RestMqOptions options)
    {
        // Two stores are two daemons.
        var (store, other) = (CreateStore(server.Configuration, options), CreateStore(server.Configuration, options));
        _stores.AddRange([store, other]);
        return Task.FromResult<(IQueueStore, IQueueStore)>((store, other));
    }

    private protected override Task PassAsync(TimeSpan time) => Task.Delay(time);

    public override async Task DisposeAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        var invariants = new RedisInvariants(connection, Queue);
        await invariants.AssertAsync();
        await SettleAllAsync();
        await invariants.AssertAsync();
        await invariants.AssertNothingLeftAsync();
        foreach (var store in _stores) await store.DisposeAsync();
    }

    // Deletes what the test left behind, wherever it is, as consumers would.
    private async Task SettleAllAsync()
    {
        foreach (var state in Enum.GetValues<MessageState>())
        {
            while (await Store.LastAsync(Queue, state, 1000, default) is { Count: > 0 } left)
            {
                await Store.SettleAsync(
                    Queue, [.. left.Select(snapshot => new Settlement(new Receipt(snapshot.Message.Key, 0), SettleAction.Ack))], default);
            }
        }
    }

    private static RedisQueueStore CreateStore(string configuration, RestMqOptions options) => new(
        new RedisStoreOptions { Configuration = configuration }, options.IdempotencyWindow, NullLogger<RedisQueueStore>.Instance);
}

