using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RestMq.Memory;
using RestMq.Redis;
using StackExchange.Redis;

namespace RestMq.Model;

/// <summary>
/// Verifies that random sequences of calls have the same outcomes on each store as on a model made of lists. A failing
/// sequence is shortened and printed with a seed. <c>CsCheck_Seed=… dotnet test --filter ModelTests</c> plays it again.
/// <c>RESTMQ_MODEL_TIMES=100</c> plays a hundred times as many sequences.
/// </summary>
public sealed class ModelTests : IAsyncLifetime
{
    private static readonly int Times = int.Parse(Environment.GetEnvironmentVariable("RESTMQ_MODEL_TIMES") ?? "1", CultureInfo.InvariantCulture);
    private static readonly int MemorySequences = 3000 * Times;
    private static readonly int RedisSequences = 2500 * Times;

    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly IOptions<RestMqOptions> MemoryOptions =
        Options.Create(new RestMqOptions { IdempotencyWindow = ModelRunner.IdempotencyWindow });

    private static readonly Telemetry.QueueMetrics Metrics = new(MemoryOptions);

    // The test has its own server, because this one does not write to disk.
    private readonly RedisFixture _server = new();
    private readonly ConcurrentBag<string> _clocks = [];
    private int _lastClock;
    private int _lastPrefix;
    private int _sequences;
    private int _calls;

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(_server.Configuration + ",allowAdmin=true");
        await connection.GetDatabase().ExecuteAsync("CONFIG", "SET", "appendonly", "no");
    }

    public Task DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task MemoryStore_RandomCalls_AnswersLikeTheModel()
    {
        var watch = Stopwatch.StartNew();
        await Commands.Sequence.SampleAsync(
            commands => SequenceShrinker.PlayAsync(commands, PlayInMemoryAsync), iter: MemorySequences, threads: 2, print: Print);

        Measured.Say($"model: {_calls} calls in {_sequences} sequences on the memory store, {watch.Elapsed.TotalSeconds:F0} s");
        _calls.Should().BeGreaterThan(100_000);
    }

    [Fact]
    public async Task RedisStore_RandomCalls_AnswersLikeTheModel()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(_server.Configuration + ",allowAdmin=true");
        var watch = Stopwatch.StartNew();
        await Commands.Sequence.SampleAsync(
            commands => SequenceShrinker.PlayAsync(commands, fewer => PlayOnRedisAsync(connection, fewer)), iter: RedisSequences, threads: 2, print: Print);

        Measured.Say($"model: {_calls} calls in {_sequences} sequences on Redis, {watch.Elapsed.TotalSeconds:F0} s");
        _calls.Should().BeGreaterThan(80_000);
    }

    private async Task PlayInMemoryAsync(Command[] commands)
    {
        var (time, names, wakeUps) = (new FakeTimeProvider(Start), Names(), new Dictionary<QueueName, long>());
        var store = new MemoryQueueStore(time, MemoryOptions, Metrics);
        foreach (var name in names)
        {
            wakeUps[name] = 0;
            await store.ListenAsync(name, _ => wakeUps[name]++, default);
        }
        Count(await new ModelRunner(store, time, names, name => Task.FromResult(wakeUps[name])).PlayAsync(commands));
    }

    private async Task PlayOnRedisAsync(ConnectionMultiplexer connection, Command[] commands)
    {
        // Redis caches scripts by their text, which names the clock key. Clock keys are reused to keep the scripts few.
        if (!_clocks.TryTake(out var clock)) clock = $"clock:{Interlocked.Increment(ref _lastClock)}";
        var (time, names, prefix) = (new FakeTimeProvider(Start), Names(), $"{Interlocked.Increment(ref _lastPrefix)}:");
        var aging = names.SelectMany(name => new[] { "meta", "log", "held", "once:a", "once:b" }.Select(key => (RedisKey)$"{prefix}{{{name}}}:{key}")).ToArray();
        var redis = connection.GetDatabase();
        await using var store = new RedisQueueStore(
            new RedisStoreOptions { ConnectionFactory = _ => Task.FromResult(RedisWithFakeClock.Wrap(connection, clock)), KeyPrefix = prefix },
            ModelRunner.IdempotencyWindow, NullLogger<RedisQueueStore>.Instance, Metrics);

        await PassAsync(TimeSpan.Zero);
        Count(await new ModelRunner(store, time, names, name => RedisWithFakeClock.WakeUpsAsync(redis, clock, $"{prefix}{{{name}}}:wake"), PassAsync).PlayAsync(commands));

        foreach (var name in names)
        {
            var invariants = new RedisInvariants(connection, name, prefix);
            await invariants.AssertAsync();
            await redis.KeyDeleteAsync($"{prefix}{{{name}}}:held"); // It expires by itself, and another test covers it.
            await SettleAllAsync(store, name);
            await invariants.AssertNothingLeftAsync();
        }
        await redis.KeyDeleteAsync([.. aging, prefix + "queues", clock + ":wake-ups"]);
        _clocks.Add(clock);

        Task PassAsync(TimeSpan passed) => RedisWithFakeClock.SetAsync(redis, clock, time, passed, aging);
    }

    private static async Task SettleAllAsync(RedisQueueStore store, QueueName name)
    {
        foreach (var state in Enum.GetValues<MessageState>())
        {
            if (await store.BrowseAsync(name, state, 1000, default) is not { Count: > 0 } left) continue;
            await store.SettleAsync(name, [.. left.Select(one => new Settlement(new Receipt(one.Message.Key, 0), SettleAction.Ack))], default);
        }
    }

    private static QueueName[] Names() => [QueueName.Parse("a"), QueueName.Parse("b")];

    private static string Print(Command[] commands) => string.Join('\n', commands.Select(command => command.ToString()));

    private void Count(int calls)
    {
        Interlocked.Increment(ref _sequences);
        Interlocked.Add(ref _calls, calls);
    }
}
