using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RestMq.Stores;
using RestMq.Telemetry;

namespace RestMq.Redis;

/// <summary>
/// Verifies that a replica has the data of its primary. Redis replicates the effects of a script, so clocks and reads
/// in scripts do not matter.
/// </summary>
public sealed class ReplicaTests : IAsyncLifetime
{
    private const int Rounds = 300;

    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private static readonly string[] WithDebug = ["--enable-debug-command", "yes", "--repl-diskless-sync-delay", "0"];

    private readonly QueueName[] _queues = [QueueName.Parse("a"), QueueName.Parse("b")];
    private readonly Random _random = new(12);
    private TestUtilities.RedisServer _primary = null!;
    private TestUtilities.RedisServer _replica = null!;

    public async Task InitializeAsync()
    {
        _primary = await TestUtilities.RedisServer.LaunchAsync(WithDebug);
        _replica = await TestUtilities.RedisServer.LaunchAsync([.. WithDebug, "--replicaof", "127.0.0.1", $"{_primary.Port}"]);
    }

    public async Task DisposeAsync()
    {
        await _replica.DisposeAsync();
        await _primary.DisposeAsync();
    }

    [Fact]
    public async Task Digest_AfterCallsOfEveryKind_IsThatOfThePrimary()
    {
        await using var store = new RedisQueueStore(
            new RedisStoreOptions { Configuration = $"{_primary.Address},asyncTimeout=15000" }, TimeSpan.FromMinutes(5),
            NullLogger<RedisQueueStore>.Instance, new QueueMetrics(Options.Create(new RestMqOptions())));
        var held = new List<QueueMessage>();
        for (var round = 0; round < Rounds; round++) await CallAsync(store, _queues[round % 2], held);

        var digest = (string)(await _primary.AskAsync("DEBUG", "DIGEST"))!;
        digest.Should().NotMatchRegex("^0+$", "the primary must hold data to compare");
        await Deadline.Until(
            async () => (string)(await _replica.AskAsync("DEBUG", "DIGEST"))! == (string)(await _primary.AskAsync("DEBUG", "DIGEST"))!,
            "the replica has the digest of the primary");
    }

    private async Task CallAsync(RedisQueueStore store, QueueName queue, List<QueueMessage> held)
    {
        switch (_random.Next(8))
        {
            case 0 or 1 or 2:
                await store.AddAsync(queue, [.. Enumerable.Range(0, _random.Next(1, 20)).Select(_ => NewMessage())], allOrNothing: false, default);
                break;
            case 3 or 4:
                held.AddRange((await store.LeaseAsync(queue, [new LeaseRequest(_random.Next(1, 10), _random.Next(2) == 0 ? Long : Soon)], default)).Messages);
                break;
            case 5:
                await store.BroadcastAsync(queue, new BroadcastRequest(null, _random.Next(3), 10), default);
                break;
            case 6:
                await store.RedriveAsync(queue, default);
                await store.PeekHeadAsync(queue, default);
                break;
            default:
                foreach (var of in held.GroupBy(message => message.Key.Queue).ToArray())
                    await store.SettleAsync(of.Key, [.. of.Select(message => NewSettlement(message.Receipt))], default);
                held.Clear();
                if (_random.Next(5) == 0) await store.PurgeAsync(queue, (MessageState)_random.Next(4), default);
                break;
        }
    }

    private static TimeSpan Soon => TimeSpan.FromMilliseconds(5);

    private NewMessage NewMessage() => new(MessageBody.FromText(new string('x', _random.Next(1, 3000))))
    {
        Delay = _random.Next(5) == 0 ? Soon : TimeSpan.Zero,
        TimeToLive = _random.Next(5) == 0 ? (_random.Next(2) == 0 ? Soon : Long) : null,
        IdempotencyKey = _random.Next(5) == 0 ? $"{_random.Next(20)}" : null,
    };

    private Settlement NewSettlement(Receipt receipt)
    {
        var action = (SettleAction)_random.Next(5);
        return new Settlement(receipt, action) { Time = action is SettleAction.Extend ? Long : _random.Next(2) == 0 ? TimeSpan.Zero : Soon, Reason = "a reason" };
    }
}
