using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RestMq.Stores;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>A Redis that has no memory left and drops nothing: adds are refused, and everything that ends or hands out messages goes on.</summary>
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
    public async Task A_leased_message_whose_life_is_over_does_not_hold_up_its_queue()
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
    public async Task What_has_died_lets_nothing_in()
    {
        await _store.AddAsync(Queue, [Message("dies") with { TimeToLive = TimeSpan.FromMilliseconds(200) }], default);
        await AddDyingAsync();
        await FillAsync();

        await RefusesAsync();
        var add = async () => await _store.AddAsync(Queue, [Message("more")], default);
        await add.Should().ThrowAsync<RestMqUnavailableException>();
    }

    [Fact]
    public async Task A_stream_that_settles_by_itself_is_served()
    {
        await _store.AddAsync(Queue, [Message("one")], default);
        await FillAsync();

        await RefusesAsync();
        (await LeaseAsync(new LeaseRequest(5, Lease, Held: true))).Should().ContainSingle();
    }

    [Fact]
    public async Task Settlements_are_done_whatever_they_are()
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

    // Until a message of the same life has died, by a look that moves nothing.
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
