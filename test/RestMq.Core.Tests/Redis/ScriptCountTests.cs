using System.Globalization;
using RestMq.Hosts;
using StackExchange.Redis;
using static RestMq.Deadline;

namespace RestMq.Redis;

/// <summary>
/// Verifies how many scripts run until a single message reaches one of many waiters. Redis counts the scripts.
/// </summary>
public sealed class ScriptCountTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private readonly RedisFixture _server = new() { Settings = ["--appendonly", "no"] };
    private RedisTestHosts _hosts = null!;
    private ConnectionMultiplexer _connection = null!;

    private QueueName Queue { get; } = TestHosts.NextQueue();

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        _hosts = new RedisTestHosts(_server);
        _connection = await ConnectionMultiplexer.ConnectAsync($"{_server.Patient},allowAdmin=true");
    }

    public async Task DisposeAsync()
    {
        await _hosts.DisposeAsync();
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory, InlineData(1, 1), InlineData(1, 2), InlineData(1, 20), InlineData(2, 20), InlineData(3, 21)]
    public async Task Add_OneMessageAmongManyWaiters_CostsOneLeaseScriptPerHost(int hosts, int waiters)
    {
        var running = Enumerable.Range(0, hosts).Select(_ => _hosts.NewHost()).ToArray();
        // Loads the add script and enters the queue in the index.
        await running[0].Engine.AddAsync(Queue, Message());
        await running[0].Engine.TakeAsync(Queue);
        var waiting = Enumerable.Range(0, waiters)
            .Select(n => running[n % hosts].Engine.LeaseAsync([Queue], 1, Long, TestHosts.Never).AsTask()).ToArray();
        await Until(() => running.Sum(host => host.Store.EmptyLooks) >= 2 * waiters);
        var before = await QuietAsync();

        await running[0].Engine.AddAsync(Queue, Message());
        (await await Within(Task.WhenAny(waiting))).Should().ContainSingle();

        var scripts = await QuietAsync() - before;
        scripts.Should().BeInRange(
            2, 1 + hosts, "one add, one successful lease, and one empty lease for each other host");
        waiting.Count(one => one.IsCompleted).Should().Be(1);
    }

    private static NewMessage Message() => new(MessageBody.FromText("a message"));

    // Returns the number of scripts once it has stayed the same for 0.2 s.
    private async Task<long> QuietAsync()
    {
        for (var (last, same) = (-1L, 0); ;)
        {
            var now = await ScriptsAsync();
            (last, same) = now == last ? (last, same + 1) : (now, 0);
            if (same == 10) return last;
            await Task.Delay(20);
        }
    }

    private async Task<long> ScriptsAsync()
    {
        var stats = await _connection.GetServers().Single().InfoAsync("commandstats");
        return stats.Single().Where(line => line.Key is "cmdstat_evalsha" or "cmdstat_eval")
            .Sum(line => long.Parse(line.Value.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture));
    }
}
