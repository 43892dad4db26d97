using System.Globalization;
using RestMq.Bench.RedisCost;
using StackExchange.Redis;

// Usage: RedisCost PORT [MESSAGES] [CALLS]. No other client may use the server, because SLOWLOG records all clients.
var port = args[0];
var messages = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 5_000_000;
var calls = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 200;

await using var connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{port},allowAdmin=true,asyncTimeout=60000,syncTimeout=60000");
var clock = new RedisClock(connection.GetServers().Single());
var table = new List<(string Backlog, Dictionary<string, (double Median, double Worst)> Times)>();
foreach (var (name, size, fill) in Backlogs.All(messages))
{
    await using var work = new Work(port);
    await fill(work, size);
    table.Add((name, await work.MeasureAsync(clock, calls)));
    Console.Error.WriteLine($"{name}: {await work.DescribeAsync()}");
    await connection.GetServers().Single().FlushDatabaseAsync();
}

Console.WriteLine($"| call | {string.Join(" | ", table.Select(column => column.Backlog))} |");
Console.WriteLine($"|---|{string.Concat(table.Select(_ => "---|"))}");
foreach (var call in table[0].Times.Keys)
    Console.WriteLine($"| {call} | {string.Join(" | ", table.Select(column => $"{column.Times[call].Median:F0} ({column.Times[call].Worst:F0})"))} |");
