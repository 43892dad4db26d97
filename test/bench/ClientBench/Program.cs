// Usage: ClientBench NAME URL ROUNDS MESSAGES CONNECTIONS
//
// Measures adds and takes per second, by the typed client and by an HttpClient that sends the same requests and reads
// the same replies. The two take turns, round after round. Prints one line of a Markdown table for each kind of
// request.
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RestMq;
using RestMq.Bench.ClientBench;
using RestMq.Client;

var (name, address) = (args[0], new Uri(args[1]));
var (rounds, messages, connections) = (Whole(args[2]), Whole(args[3]), Whole(args[4]));

var services = new ServiceCollection();
services.AddLogging();
services.AddRestMqClient(options => options.BaseAddress = address);
await using var provider = services.BuildServiceProvider();
using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = address };
IWork typed = new TypedWork(provider.GetRequiredService<IRestMqClient>());
IWork raw = new RawWork(http);

foreach (var (what, add, take, size) in Kinds())
{
    // Warm-up: the JIT compiles code to its optimized form only after many calls.
    for (var warm = 0; warm < 8; warm++)
    {
        foreach (var work in new[] { raw, typed }) await RoundAsync(work, add, take, size);
    }
    var (adds, takes) = (new List<(double Typed, double Raw)>(), new List<(double Typed, double Raw)>());
    for (var round = 0; round < rounds; round++)
    {
        // The two clients take turns in going first.
        var first = round % 2 == 0 ? raw : typed;
        var one = await RoundAsync(first, add, take, size);
        var two = await RoundAsync(first == raw ? typed : raw, add, take, size);
        var (t, r) = first == raw ? (two, one) : (one, two);
        adds.Add((t.Adds, r.Adds));
        takes.Add((t.Takes, r.Takes));
    }
    Print($"add{what}", adds);
    Print($"take{what}", takes);
}

static int Whole(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static IEnumerable<(string What, Func<IWork, int, Task> Add, Func<IWork, int, Task<int>> Take, int Size)> Kinds()
{
    yield return ("", static (work, i) => work.AddAsync(i), static (work, _) => work.TakeAsync(), 1);
    yield return (", 100 a request", static (work, i) => work.AddManyAsync(i, 100), static (work, _) => work.TakeManyAsync(100), 100);
}

async Task<(double Adds, double Takes)> RoundAsync(IWork work, Func<IWork, int, Task> add, Func<IWork, int, Task<int>> take, int size)
{
    var requests = size == 1 ? messages : Math.Max(messages / 20, connections);
    var adds = await ShareAsync(requests, async i =>
    {
        await add(work, i);
        return size;
    });
    var takes = await ShareAsync(requests, i => take(work, i));
    return (adds, takes);
}

// Shares the requests among the connections. Returns messages per second.
async Task<double> ShareAsync(int requests, Func<int, Task<int>> request)
{
    var (next, done) = (-1, 0);
    var clock = System.Diagnostics.Stopwatch.StartNew();
    await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
    {
        for (int i; (i = Interlocked.Increment(ref next)) < requests;) Interlocked.Add(ref done, await request(i));
    })));
    return done / clock.Elapsed.TotalSeconds;
}

void Print(string what, List<(double Typed, double Raw)> measured)
{
    static double Median(IEnumerable<double> numbers)
    {
        var sorted = numbers.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
    var ratio = Median(measured.Select(round => round.Typed / round.Raw));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {name} | {what} | {Median(measured.Select(round => round.Typed)):N0} | {Median(measured.Select(round => round.Raw)):N0} | {ratio:F2} | {(ratio >= 0.9 ? "pass" : "fail")} |"));
}
