using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RestMq.Stores;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Verifies that data of format 1 is migrated and keeps its meaning. Data of an unknown format stays unchanged.
/// </summary>
public sealed class FormatTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private static readonly QueueName Orders = QueueName.Parse("orders");

    private readonly RedisFixture _server = new();
    private ConnectionMultiplexer _connection = null!;

    private IDatabase Redis => _connection.GetDatabase();

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        _connection = await ConnectionMultiplexer.ConnectAsync(_server.Configuration);
    }

    public async Task DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task FirstCall_DataOfFormat1_EveryMessageKeepsItsState()
    {
        await LoadFormat1Async();
        await using var store = NewStore();

        (await PeekAsync(store, 1)).Should().Be((MessageState.Leased, 1));
        (await PeekAsync(store, 2)).Should().Be((MessageState.Leased, 2));
        (await PeekAsync(store, 4)).Should().Be((MessageState.Dead, 1));
        (await PeekAsync(store, 10)).Should().Be((MessageState.Delayed, 0));
        (await store.PeekAsync(new MessageKey(Orders, 12), default))
            .Should().BeNull("the message was deleted while it was ready");
        (await store.PeekAsync(new MessageKey(Orders, 4), default))!.Reason.Should().Be("broken");
        await new RedisInvariants(_connection, Orders).AssertAsync();

        await store.AddAsync(Orders, [new NewMessage(MessageBody.FromText("sixteen"))], allOrNothing: false, default);
        var taken = (await store.LeaseAsync(Orders, [new LeaseRequest(100, Long)], default)).Messages;
        taken.Select(message => message.Key.Id).Should().Equal(3, 6, 7, 8, 9, 11, 5, 13, 14, 15, 16);
        taken.Select(message => message.DeliveryCount).Should().Equal(2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        taken[6].Receipt.Fence.Should().BeGreaterThan(DeliveryNumbers.PerRedrive, "the message was redriven");

        Receipt[] receipts = [.. taken.Select(message => message.Receipt), new(new MessageKey(Orders, 1), 1), new(new MessageKey(Orders, 2), 2)];
        (await store.SettleAsync(Orders, [.. receipts.Select(receipt => new Settlement(receipt, SettleAction.Ack))], default))
            .Should().OnlyContain(result => result == SettleResult.Done);
        (await store.StatsAsync(Orders, default)).Should().Match<QueueStats>(stats => stats.Total == 2 && stats.TotalAdded == 16 && stats.Settings.MaxReceives == 3);
        await new RedisInvariants(_connection, Orders).AssertAsync();
    }

    [Fact]
    public async Task FirstCall_DataOfFormat1_MigratesLongQueuesHistoriesAndTheIndex()
    {
        await LoadFormat1Async();
        await using var store = NewStore();
        await using var other = NewStore();

        await Task.WhenAll(ListAsync(store), ListAsync(other));
        (await Redis.KeyTypeAsync("restmq:queues")).Should().Be(RedisType.SortedSet);
        ((int)await Redis.StringGetAsync("restmq:format")).Should().Be(RedisFormat.Current);
        var plain = QueueName.Parse("plain");
        var taken = new List<long>();
        while (await store.LeaseAsync(plain, [new LeaseRequest(500, Long)], default) is { Messages: { Count: > 0 } messages })
            taken.AddRange(messages.Select(message => message.Key.Id));
        taken.Should().Equal(Enumerable.Range(4, 1197).Select(id => (long)id));
        var log = await store.BroadcastAsync(QueueName.Parse("live"), new BroadcastRequest(After: 0, Move: 1, Read: 10), default);
        log.Messages.Select(message => (message.Sequence, message.Body.ToString())).Should().Equal((1, "a"), (2, "b"), (3, "c"));

        static async Task ListAsync(RedisQueueStore store) =>
            (await store.ListAsync(null, 1000, default)).Select(name => name.Value).Should().Equal("idle", "live", "orders", "plain");
    }

    [Fact]
    public async Task FirstCall_NewerFormat_FailsAndChangesNothing()
    {
        await Redis.StringSetAsync("restmq:format", RedisFormat.Current + 1);
        await using var store = NewStore();

        var add = async () => await store.AddAsync(Orders, [new NewMessage(MessageBody.FromText("one"))], allOrNothing: false, default);

        (await add.Should().ThrowAsync<RestMqUnavailableException>()).WithMessage("*have format 3*Upgrade this host.");
        (await Redis.KeyExistsAsync("restmq:{orders}:meta")).Should().BeFalse();
        (await store.CheckAsync(default)).Failure.Should().Contain("format 3");
    }

    private async Task LoadFormat1Async()
    {
        foreach (var line in await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "Redis", "Data", "format1.jsonl")))
        {
            var words = JsonSerializer.Deserialize<string[]>(line)!;
            await Redis.ExecuteAsync(words[0], [.. words[1..]]);
        }
    }

    private static async Task<(MessageState State, long Deliveries)> PeekAsync(RedisQueueStore store, long id)
    {
        var found = (await store.PeekAsync(new MessageKey(Orders, id), default))!;
        return (found.State, found.Message.DeliveryCount);
    }

    private RedisQueueStore NewStore() => new(
        new RedisStoreOptions { Configuration = _server.Patient }, TimeSpan.FromMinutes(5), NullLogger<RedisQueueStore>.Instance,
        new QueueMetrics(Options.Create(new RestMqOptions())));
}
