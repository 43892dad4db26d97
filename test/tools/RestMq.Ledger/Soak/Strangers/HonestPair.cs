using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace RestMq.Ledger.Soak.Strangers;

/// <summary>
/// Represents a producer and a consumer of one queue. The producer adds numbered messages one after another, and sends a
/// refused one again. The consumer takes them by long polls and acks them.
/// </summary>
internal sealed class HonestPair(int number, int port)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly string _queue = $"honest-{number}";
    private readonly ConcurrentQueue<TimeSpan> _latencies = new();
    private readonly HashSet<int> _pending = [];
    private readonly Lock _lock = new();
    private int _refused;

    /// <summary>Gets the number of messages whose add was acknowledged.</summary>
    public int Sent { get; private set; }

    /// <summary>Gets the number of acknowledged messages that did not arrive.</summary>
    public int Lost
    {
        get
        {
            lock (_lock) return _pending.Count;
        }
    }

    /// <summary>Gets how many calls the host refused, to be sent again.</summary>
    public int Refused => _refused;

    /// <summary>Returns the latencies of all calls since the last time: adds, and takes of a message that is there.</summary>
    public IReadOnlyList<TimeSpan> TakeLatencies()
    {
        var taken = new List<TimeSpan>();
        while (_latencies.TryDequeue(out var latency)) taken.Add(latency);
        return taken;
    }

    public async Task RunAsync(CancellationToken end)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        using var arrived = new CancellationTokenSource();
        var consuming = ConsumeAsync(client, arrived.Token);
        for (var n = 0; !end.IsCancellationRequested; n++)
        {
            lock (_lock) _pending.Add(n);
            // The key makes a repeated add safe.
            await CallAsync(client, () => new HttpRequestMessage(HttpMethod.Post, $"/q/{_queue}")
            {
                Content = new FormUrlEncodedContent([new("value", n.ToString(CultureInfo.InvariantCulture)), new("id", $"{number}-{n}")]),
            });
            Sent++;
            await Task.Delay(Pause, CancellationToken.None);
        }
        for (var clock = Stopwatch.StartNew(); Lost > 0 && clock.Elapsed.TotalSeconds < 90;) await Task.Delay(Pause, CancellationToken.None);
        await arrived.CancelAsync();
        await consuming;
    }

    private async Task ConsumeAsync(HttpClient client, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            using var reply = await CallAsync(client, () => new HttpRequestMessage(HttpMethod.Get, $"/q/{_queue}?wait=1&lease=30"), counts: false);
            if (reply.StatusCode == HttpStatusCode.NoContent) continue;
            using var message = JsonDocument.Parse(await reply.Content.ReadAsStringAsync(CancellationToken.None));
            var value = message.RootElement.GetProperty("value").GetString()!;
            lock (_lock) _pending.Remove(int.Parse(value, CultureInfo.InvariantCulture));
            var receipt = message.RootElement.GetProperty("receipt").GetString();
            (await CallAsync(client, () => new HttpRequestMessage(HttpMethod.Delete, $"/q/{_queue}/{receipt}"))).Dispose();
        }
    }

    // Sends a call until the host carries it out.
    private async Task<HttpResponseMessage> CallAsync(HttpClient client, Func<HttpRequestMessage> request, bool counts = true)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            using var message = request();
            var reply = await client.SendAsync(message, CancellationToken.None);
            if (reply.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable))
            {
                // A repeated settlement may find its message gone.
                if (reply.StatusCode is not HttpStatusCode.NotFound) reply.EnsureSuccessStatusCode();
                if (counts) _latencies.Enqueue(clock.Elapsed);
                return reply;
            }
            reply.Dispose();
            Interlocked.Increment(ref _refused);
            await Task.Delay(Pause, CancellationToken.None);
        }
    }
}
