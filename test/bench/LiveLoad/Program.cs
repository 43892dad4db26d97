// The load generator of live.sh: subscribers that count their messages, and publishers that post one message a request.
//
// Usage: LiveLoad PORT PUBLISH SUBSCRIBE SUBSCRIBERS SECONDS RATE
//
// PUBLISH and SUBSCRIBE are paths. RATE is the number of posts per second, "max", or 0 for idle subscribers.
//
// Prints "ready" when all subscribers are connected. At the end it prints one line: deliveries per second, posts per
// second, p50 and p99 in microseconds from post to receipt, and the number of missing deliveries.
//
// live.sh sets DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS and _THREAD_COUNT, so that one thread reads all
// subscribers.

using System.Diagnostics;
using System.Globalization;
using RestMq.Bench.LiveLoad;

var (port, publish, subscribe) = (Number(args[0]), args[1], args[2]);
var (count, time) = (Number(args[3]), TimeSpan.FromSeconds(Number(args[4])));
var rate = args[5] == "max" ? double.PositiveInfinity : double.Parse(args[5], CultureInfo.InvariantCulture);

var received = new Received(count);
await Task.WhenAll(Enumerable.Range(0, count).Select(_ => Subscriber.ConnectAsync(port, subscribe, received)));
Console.WriteLine("ready");
if (rate == 0)
{
    await Task.Delay(time);
    return;
}

await Task.Delay(500); // The server must be idle again.
var start = Stopwatch.GetTimestamp();
var publishers = Enumerable.Range(0, Publisher.Connections).Select(i => new Publisher(port, publish, received, rate, i)).ToList();
var threads = publishers.ConvertAll(publisher => new Thread(() => publisher.Run(start, time)));
threads.ForEach(thread => thread.Start());
await Task.Delay(time);
var (deliveries, seconds) = (received.Count, Stopwatch.GetElapsedTime(start).TotalSeconds);
threads.ForEach(thread => thread.Join());

long posts = publishers.Sum(publisher => publisher.Posts), expected = posts * count;
for (var patience = Stopwatch.StartNew(); received.Count < expected && patience.Elapsed.TotalSeconds < 5;) await Task.Delay(10);
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"{deliveries / seconds:0} {posts / seconds:0} {received.Percentile(0.5)} {received.Percentile(0.99)} {expected - received.Count}"));

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
