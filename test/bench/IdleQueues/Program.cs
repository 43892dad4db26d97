using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RestMq;
using StackExchange.Redis;

// Usage: IdleQueues REDIS QUEUES STREAMS MINUTES
//
// Measures the cost of many queues. Adds a message to each queue, reads pages of names and statistics, and then takes
// the message and opens a stream on STREAMS of the queues. Prints every 30 seconds how many commands per second this
// host sent to Redis.
var (redis, queues, streams, minutes) = (args[0], Number(1), Number(2), Number(3));
await using var connection = await ConnectionMultiplexer.ConnectAsync($"{redis},allowAdmin=true,asyncTimeout=15000");
var server = connection.GetServers().Single();
await using var services = new ServiceCollection().AddLogging().AddRestMq().UseRedis($"{redis},asyncTimeout=15000").Services.BuildServiceProvider();
var engine = services.GetRequiredService<IQueueEngine>();
var names = Enumerable.Range(0, queues).Select(n => QueueName.Parse($"idle-{n:000000}")).ToArray();
var clock = Stopwatch.StartNew();

await Each(queues, name => engine.AddAsync(name, new NewMessage(MessageBody.FromText("a message"))).AsTask());
var commandsPerAdd = await SentAsync(withProbe: false) / (double)queues;
Say($"{queues} queues created by one add each in {clock.Elapsed.TotalSeconds:0.0} s");
Say($"{commandsPerAdd:0.00} commands an add, including its script");

clock.Restart();
var page = await engine.ListAsync(names[queues / 2], 1000);
Say($"a page of {page.Count} names: {clock.Elapsed.TotalMilliseconds:0.0} ms");
clock.Restart();
await engine.StatsAsync(page);
Say($"the statistics of {page.Count} queues: {clock.Elapsed.TotalMilliseconds:0} ms");
clock.Restart();
var all = 0;
await foreach (var _ in engine.StatsOfAllAsync()) all++;
Say($"the statistics of {all} queues, page by page: {clock.Elapsed.TotalSeconds:0.0} s");

clock.Restart();
var open = new List<ILiveConsumer>();
await Each(streams, async name =>
{
    await engine.TakeAsync(name);
    var stream = await engine.SubscribeAsync(name, new LiveConsumerOptions())
        ?? throw new InvalidOperationException($"{name} must accept a stream, but does not.");
    lock (open) open.Add(stream);
});
Say($"{open.Count} streams opened in {clock.Elapsed.TotalSeconds:0.0} s");
Say($"{Environment.WorkingSet / (1024 * 1024)} MB of memory in this process");

clock.Restart();
var (sent, at) = (await SentAsync(), TimeSpan.Zero);
while (clock.Elapsed < TimeSpan.FromMinutes(minutes))
{
    await Task.Delay(TimeSpan.FromSeconds(30));
    var (now, time) = (await SentAsync(), clock.Elapsed);
    Say($"after {time.TotalMinutes:0.0} min: {(now - sent) / (time - at).TotalSeconds:0.0} commands per second");
    (sent, at) = (now, time);
}

clock.Restart();
await engine.AddAsync(names[0], new NewMessage(MessageBody.FromText("hello")));
await open.First(stream => stream.Queue == names[0]).Events.ReadAsync();
Say($"a message reached its stream in {clock.Elapsed.TotalMilliseconds:0.0} ms");
foreach (var stream in open) await stream.DisposeAsync();

Task Each(int count, Func<QueueName, Task> action) =>
    Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (n, _) => await action(names[n]));

// Returns the number of commands that this host sent. Redis also counts the commands of scripts: an add publishes a
// wake-up. While the queues are idle, only the host's own probe publishes.
async Task<long> SentAsync(bool withProbe = true)
{
    var stats = (await server.InfoAsync("commandstats")).Single();
    return stats.Where(line => line.Key is "cmdstat_eval" or "cmdstat_evalsha" or "cmdstat_ping" or "cmdstat_subscribe" or "cmdstat_unsubscribe"
            or "cmdstat_hexists" || (withProbe && line.Key == "cmdstat_publish") || line.Key.StartsWith("cmdstat_cluster", StringComparison.Ordinal)
            || line.Key.StartsWith("cmdstat_zadd", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Value.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture));
}

int Number(int at) => int.Parse(args[at], CultureInfo.InvariantCulture);

void Say(FormattableString what) => Console.WriteLine(what.ToString(CultureInfo.InvariantCulture));
