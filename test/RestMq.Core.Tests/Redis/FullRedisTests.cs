using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RestMq.Stores;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Verifies a Redis that is at <c>maxmemory</c> and evicts nothing. Adds are rejected. Leases and settlements keep
/// working.
/// </summary>
public sealed class FullRedisTests : IAsyncLifetime
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private static readonly QueueName Queue = QueueName.Parse("q");

    private readonly RedisFixture _server = new();
    private readonly Meters _meters = new();
    private RedisQueueStore _store = null!;

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        var metrics = new QueueMetrics(Options.Create(new RestMqOptions()), _meters);
        _store = new RedisQueueStore(
            new RedisStoreOptions { Configuration = _server.Patient }, TimeSpan.FromMinutes(5), NullLogger<RedisQueueStore>.Instance, metrics);
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _server.DisposeAsync();
        _meters.Dispose();
    }

    [Fact]
    public async Task Lease_RedisFullAndLeasedMessageExpired_StillServesTheQueue()
    {
        await _store.AddAsync(Queue, [Message("dies") with { TimeToLive = TimeSpan.FromMilliseconds(200) }, Message("lives")], default);
        var dies = (await LeaseAsync(new LeaseRequest(1, Lease)))[0];
        await AddDyingAsync();
        await FillAsync();

        await RefusesAsync();
        (await LeaseAsync(new LeaseRequest(2, Lease))).Select(message => message.Body.ToString()).Should().Equal("lives");
        (await _store.StatsAsync(Queue, default)).Leased.Should().Be(2);
        (await _store.SettleAsync(Queue, [new Settlement(dies.Receipt, SettleAction.Ack)], default)).Should().Equal(SettleResult.Done);
    }

    [Fact]
    public async Task Add_RedisFullWithExpiredMessages_IsRejected()
    {
        await _store.AddAsync(Queue, [Message("dies") with { TimeToLive = TimeSpan.FromMilliseconds(200) }], default);
        await AddDyingAsync();
        await FillAsync();

        await RefusesAsync();
        var add = async () => await _store.AddAsync(Queue, [Message("more")], default);
        await add.Should().ThrowAsync<RestMqUnavailableException>();
    }

    [Fact]
    public async Task Lease_RedisFullForAcknowledgedStream_IsServed()
    {
        await _store.AddAsync(Queue, [Message("one")], default);
        await FillAsync();

        await RefusesAsync();
        (await LeaseAsync(new LeaseRequest(5, Lease, Held: true))).Should().ContainSingle();
    }

    [Fact]
    public async Task Settle_RedisFull_EveryActionSucceeds()
    {
        await _store.AddAsync(Queue, [.. Enumerable.Range(1, 5).Select(n => Message($"{n}"))], default);
        var held = await LeaseAsync(new LeaseRequest(5, Lease));
        await FillAsync();

        await RefusesAsync();
        (await _store.SettleAsync(
            Queue,
            [
                new Settlement(held[0].Receipt, SettleAction.Extend) { Time = TimeSpan.FromMinutes(2) },
                new Settlement(held[1].Receipt, SettleAction.Release) { Time = TimeSpan.FromMinutes(1) },
                new Settlement(held[2].Receipt, SettleAction.Bury) { Reason = "why" },
                new Settlement(held[3].Receipt, SettleAction.Return),
                new Settlement(held[4].Receipt, SettleAction.Ack),
            ],
            default)).Should().OnlyContain(result => result == SettleResult.Done);
        var stats = await _store.StatsAsync(Queue, default);
        (stats.Ready, stats.Leased, stats.Delayed, stats.Dead).Should().Be((1, 1, 1, 1));
    }

    private static NewMessage Message(string text) => new(MessageBody.FromText(text));

    private async Task<IReadOnlyList<QueueMessage>> LeaseAsync(LeaseRequest request) => (await _store.LeaseAsync(Queue, [request], default)).Messages;

    // Waits until a message with the same time to live has expired. A peek moves nothing.
    private async Task AddDyingAsync()
    {
        var other = QueueName.Parse("other");
        await _store.AddAsync(other, [Message("dies") with { TimeToLive = TimeSpan.FromMilliseconds(200) }], default);
        await Deadline.Until(async () => await _store.PeekAsync(new MessageKey(other, 1), default) is null);
    }

    private async Task FillAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(_server.Configuration + ",allowAdmin=true");
        await connection.GetDatabase().ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
    }

    private Task RefusesAsync() =>
        FluentActions.Awaiting(() => _store.AddAsync(QueueName.Parse("third"), [Message("one more")], default).AsTask()).Should().ThrowAsync<RestMqUnavailableException>();
}
