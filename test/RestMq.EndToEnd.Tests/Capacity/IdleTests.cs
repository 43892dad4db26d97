using System.Diagnostics;
using System.Globalization;
using static RestMq.EndToEnd.Streams.Readers.LiveActions;

namespace RestMq.EndToEnd.Capacity;

/// <summary>Measures the cost of consumers that wait for messages.</summary>
[Collection(Alone.Name), Trait(Alone.Trait, Alone.Name)]
public sealed class IdleTests(RedisHost fixture) : IClassFixture<RedisHost>
{
    private const int Queues = 100;
    private static readonly int[] Each = [34, 33, 33]; // Consumers of a queue by transport: 10,000 on 100 queues.

    private RestMqHost Host => fixture.Host;

    private RedisServer Redis => Host.Redis!;

    [Fact]
    public async Task Stream_TenThousandIdleConsumers_CostsLittle()
    {
        var queues = Enumerable.Range(0, Queues).Select(i => $"idle-{i}").ToArray();
        var redisBefore = await Redis.InfoAsync("used_memory");
        using var idle = new IdleConsumers();
        foreach (var transport in Transports)
        {
            var (before, clock, each) = (MemoryOfHost(), Stopwatch.StartNew(), Each[(int)transport]);
            await idle.OpenAsync(Host, transport, queues, each);
            var cost = (MemoryOfHost() - before) / (double)(each * Queues);
            Measured.Say($"{each * Queues} idle consumers ({transport}): opened in {clock.Elapsed.TotalSeconds:0.0} s, {cost:0.0} KB each");
            cost.Should().BeLessThan(64);
        }
        idle.Count.Should().Be(10_000);
        (await Redis.SubscriptionsAsync()).Should().Be(Queues);

        var (evaluations, commands) = await MeasureAsync();
        var memory = (await Redis.InfoAsync("used_memory") - redisBefore) / 1024.0;
        Measured.Say(
            $"10,000 idle consumers on {Queues} queues: {evaluations:0} scripts and {commands:0} commands a second in Redis, {memory / Queues:0.0} KB of Redis a queue, " +
            $"{MemoryOfHost() / 1024} MB of host memory");
        commands.Should().BeLessThan(5 * Queues);

        // The host still serves: a message reaches a new consumer in time, despite the idle ones.
        await using var reads = await Host.StreamAsync(Transport.Lines, queues[0]);
        var posted = Stopwatch.StartNew();
        await Host.PostAsync(queues[0], "hello");
        (await reads.NextValuesAsync(1)).Should().Equal("hello");
        posted.Elapsed.TotalSeconds.Should().BeLessThan(2);

        foreach (var queue in queues[50..]) idle.Close(queue);
        await Eventually.TrueAsync(async () => await Redis.SubscriptionsAsync() == 50,
            "queues without consumers have no subscription in Redis", seconds: 30);
    }

    /// <summary>Returns the scripts and the commands per second, measured for longer than one slow poll.</summary>
    private async Task<(double Evaluations, double Commands)> MeasureAsync()
    {
        var (clock, evaluations, commands) = (Stopwatch.StartNew(), await EvaluationsAsync(), await CommandsAsync());
        await Task.Delay(TimeSpan.FromSeconds(6)); // The time of the measurement.
        evaluations = await EvaluationsAsync() - evaluations;
        commands = await CommandsAsync() - commands;
        return (evaluations / clock.Elapsed.TotalSeconds, commands / clock.Elapsed.TotalSeconds);

        Task<long> EvaluationsAsync() => Redis.InfoAsync("cmdstat_evalsha.calls");
        Task<long> CommandsAsync() => Redis.InfoAsync("total_commands_processed");
    }

    /// <summary>Returns the resident memory of the host in KB.</summary>
    private long MemoryOfHost()
    {
        var line = File.ReadLines($"/proc/{Host.Process.Id}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
