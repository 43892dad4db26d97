using System.Globalization;
using RestMq.Fuzz;

// dotnet run -c Release --project test/tools/RestMq.Fuzz -- --inputs 1000000 [--redis 0.1] [--seed 1] [--first 0]
// Sends that many inputs, the given share of them to a host on Redis. To send input N again, add --first N --inputs 1.
if (args.Length % 2 != 0)
{
    Console.Error.WriteLine("Usage: --inputs N [--redis share] [--seed N] [--first N]");
    return 2;
}
var given = args.Chunk(2).ToDictionary(pair => pair[0].TrimStart('-'), pair => double.Parse(pair[1], CultureInfo.InvariantCulture));
var inputs = (long)given.GetValueOrDefault("inputs", 100_000);
var seed = (int)given.GetValueOrDefault("seed", Random.Shared.Next(1_000_000));
var first = (long)given.GetValueOrDefault("first");
var onRedis = (long)(inputs * given.GetValueOrDefault("redis", 0.1));
Console.WriteLine($"Seed {seed}.");
try
{
    if (inputs > onRedis) Console.WriteLine(await FuzzRun.RunAsync(onRedis: false, seed, first, inputs - onRedis, Progress));
    if (onRedis > 0) Console.WriteLine(await FuzzRun.RunAsync(onRedis: true, seed, first + inputs - onRedis, onRedis, Progress));
    return 0;
}
catch (FuzzException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

static void Progress(long number)
{
    if (number % 100_000 < 16) Console.WriteLine($"… {number}");
}
