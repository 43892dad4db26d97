using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RestMq.Redis;
using RestMq.Stores;
using RestMq.Telemetry;

namespace RestMq.Bench.RedisCost;

/// <summary>Runs and measures the calls on one queue.</summary>
internal sealed class Work(string port) : IAsyncDisposable
{
    public static readonly TimeSpan Long = TimeSpan.FromHours(12);
    public static readonly NewMessage Message = new(MessageBody.FromText(new string('x', 60)));

    private readonly QueueName _queue = QueueName.Parse("cost");
    private readonly RedisQueueStore _store = new(
        new RedisStoreOptions { Configuration = $"127.0.0.1:{port},asyncTimeout=60000" }, TimeSpan.FromMinutes(5), NullLogger<RedisQueueStore>.Instance,
        new QueueMetrics(Options.Create(new RestMqOptions())));

    private readonly Random _random = new(1);
    private long _last;

    public async Task AddAsync(long count, NewMessage? message = null)
    {
        for (; count > 0; count -= 1000)
        {
            var added = await _store.AddAsync(_queue, [.. Enumerable.Repeat(message ?? Message, (int)Math.Min(count, 1000))], allOrNothing: false, default);
            _last = added[^1].Key.Id;
        }
    }

    public async Task SettleAllAsync(SettleAction action)
    {
        List<QueueMessage> all = [];
        while (await LeaseAsync(1000) is { Count: > 0 } messages) all.AddRange(messages);
        foreach (var messages in all.Chunk(1000)) await SettleAsync(messages, action);
    }

    public async Task SettleAsync(int count, SettleAction action, TimeSpan time = default) => await SettleAsync(await LeaseAsync(count), action, time);

    public async Task DeleteAsync(IEnumerable<long> ids) =>
        await _store.SettleAsync(_queue, [.. ids.Select(id => new Settlement(new Receipt(new MessageKey(_queue, id), 0), SettleAction.Ack))], default);

    public async Task<string> DescribeAsync() => $"{await _store.StatsAsync(_queue, default)}";

    /// <summary>Measures every call in µs of Redis' time and returns the median and the maximum.</summary>
    public async Task<Dictionary<string, (double Median, double Worst)>> MeasureAsync(RedisClock clock, int calls)
    {
        var times = new Dictionary<string, (double, double)>();
        foreach (var (name, call) in Calls())
        {
            await call(); // Warm-up: the first call loads the script.
            var found = await clock.MeasureAsync(async () =>
            {
                for (var i = 0; i < calls; i++) await call();
            });
            var sorted = found.Order().ToArray();
            times.Add(name, (sorted[sorted.Length / 2], sorted[^1]));
        }
        return times;
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private IEnumerable<(string Name, Func<Task> Call)> Calls()
    {
        List<QueueMessage> held = [];
        yield return ("add", () => AddAsync(1));
        yield return ("add 20", () => AddAsync(20));
        yield return ("add with a ttl", () => AddAsync(1, Message with { TimeToLive = Long }));
        yield return ("add with a delay", () => AddAsync(1, Message with { Delay = Long }));
        yield return ("take 1", async () => held.AddRange(await LeaseAsync(1)));
        yield return ("ack", () => SettleAsync([Pop(held)], SettleAction.Ack));
        yield return ("ack again", () => SettleAsync([held.Count > 0 ? held[0] : Gone()], SettleAction.Ack));
        yield return ("take 20 and ack 20", async () => held = await ExchangeAsync(held, 20));
        yield return ("take 1 and release", () => SettleAsync(1, SettleAction.Release));
        yield return ("take 1 and release later", () => SettleAsync(1, SettleAction.Release, Long));
        yield return ("take 1 and extend", () => SettleAsync(1, SettleAction.Extend, Long));
        yield return ("take 1 and bury", () => SettleAsync(1, SettleAction.Bury));
        yield return ("peek by key", () => _store.PeekAsync(AnyKey(), default).AsTask());
        yield return ("delete by key", () => DeleteAsync([AnyKey().Id]));
        yield return ("redrive one", () => _store.RedriveAsync(AnyKey(), default).AsTask());
        yield return ("peek head", () => _store.PeekHeadAsync(_queue, countsDelivery: true, default).AsTask());
        foreach (var state in Enum.GetValues<MessageState>())
            yield return ($"browse 10 {Wire.WireNames.Of(state)}", () => _store.BrowseAsync(_queue, state, 10, default).AsTask());
        yield return ("statistics", () => _store.StatsAsync(_queue, default).AsTask());
        yield return ("redrive 100", () => _store.RedriveAsync(_queue, default).AsTask());
        yield return ("broadcast 10", () => _store.BroadcastAsync(_queue, new BroadcastRequest(null, 10, 10), default).AsTask());
        foreach (var state in Enum.GetValues<MessageState>())
            yield return ($"purge 1000 {Wire.WireNames.Of(state)}", () => _store.PurgeAsync(_queue, state, default).AsTask());
    }

    private async Task<List<QueueMessage>> ExchangeAsync(List<QueueMessage> done, int count)
    {
        Settlement[] settlements = [.. done.Take(count).Select(message => new Settlement(message.Receipt, SettleAction.Ack))];
        var exchanged = await _store.ExchangeAsync(_queue, settlements, [new LeaseRequest(count, Long)], default);
        return [.. exchanged.Leased.Messages];
    }

    private async Task<IReadOnlyList<QueueMessage>> LeaseAsync(int count) =>
        (await _store.LeaseAsync(_queue, [new LeaseRequest(count, Long)], default)).Messages;

    private async Task SettleAsync(IReadOnlyList<QueueMessage> messages, SettleAction action, TimeSpan time = default)
    {
        if (messages.Count == 0) return;
        await _store.SettleAsync(_queue, [.. messages.Select(m => new Settlement(m.Receipt, action) { Time = time, Reason = "a reason" })], default);
    }

    private MessageKey AnyKey() => new(_queue, _random.NextInt64(1, _last + 1));

    private QueueMessage Pop(List<QueueMessage> held)
    {
        if (held.Count == 0) return Gone();
        var message = held[^1];
        held.RemoveAt(held.Count - 1);
        return message;
    }

    private QueueMessage Gone() => new(new MessageKey(_queue, 1), MessageBody.FromText(""), 1, DateTimeOffset.UnixEpoch);
}
