using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RestMq.Ledger.Clients;
using RestMq.Ledger.Servers;
using StackExchange.Redis;

namespace RestMq.Ledger.Soak;

/// <summary>
/// Runs one host on one Redis with many open streams and steady traffic, and without faults. Memory must be flat, no
/// message may be lost, and at the end only the keys of empty queues may be left.
/// </summary>
internal sealed class SoakRun(TimeSpan time, int streams)
{
    private const int StreamQueues = 50, TakenQueues = 4;
    private const double Rate = 200;

    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(20);

    private readonly SoakQueue[] _queues =
    [
        .. Enumerable.Range(0, StreamQueues).Select(i => new SoakQueue(i, (QueueKind)(i % 3))),
        .. Enumerable.Range(StreamQueues, TakenQueues).Select(i => new SoakQueue(i, i % 2 == 0 ? QueueKind.Taken : QueueKind.Leased)),
    ];

    private readonly List<Listener> _listeners = [];
    private readonly List<Task> _consuming = [];
    private readonly string _heapFile = Path.Combine(Path.GetTempPath(), $"restmq-soak-{Environment.ProcessId}");
    private double _heldHalfway;
    private double _heldAtEnd;

    public async Task<bool> RunAsync()
    {
        await using var redis = new Redis("everysec");
        await redis.ComeBackAsync();
        await using var host = new HostProcess(redis.Configuration)
        {
            Environment = [$"DOTNET_STARTUP_HOOKS={typeof(SoakRun).Assembly.Location}", $"RESTMQ_LEDGER_HEAP={_heapFile}"],
        };
        await host.ComeBackAsync();
        await using var connection = await redis.ConnectAsync();
        using var client = new HostClient([host.Port]);
        using var stop = new CancellationTokenSource();
        using var finish = new CancellationTokenSource();
        try
        {
            await OpenAsync(client, host.Port, finish.Token);
            var producing = _queues.Select(queue => Task.Run(
                () => new Producer(queue, queue.Number, queue.Name, [host.Port], insists: queue.Number % 10 == 0, Rate / _queues.Length).RunAsync(stop.Token))).ToList();
            var sampling = SampleAsync(connection, client, host);
            await await Task.WhenAny([sampling, .. producing, .. _consuming]);
            await stop.CancelAsync();
            await Task.WhenAll(producing);
            await await Task.WhenAny([ArriveAsync(), .. _consuming]);
            await finish.CancelAsync();
            await Task.WhenAll(_consuming);
            var kept = await JudgeCountsAsync(client) & await JudgeKeysAsync(redis, connection, client) & JudgeMemory(await sampling);
            Console.WriteLine(kept ? "All promises were kept." : "A promise was BROKEN.");
            return kept;
        }
        finally
        {
            File.Delete(_heapFile);
        }
    }

    /// <summary>Opens all streams, and waits until the host has subscribed them.</summary>
    private async Task OpenAsync(HostClient client, int port, CancellationToken finish)
    {
        // A short history soon reaches its full length, so that its growth does not count as a leak.
        foreach (var queue in _queues)
            await client.AskAsync($"POST /p/{queue.Name}", $"history=100&policy={(queue.Kind == QueueKind.RoundRobin ? "roundrobin" : "broadcast")}");
        for (var i = 0; i < streams; i++)
        {
            var queue = _queues[i % StreamQueues];
            var transport = (Transport)(i / StreamQueues % 3);
            var listener = new Listener(queue.NewReader(), queue.Name, transport, [port], lease: queue.Kind == QueueKind.Held ? 30 : null);
            _listeners.Add(listener);
            _consuming.Add(Task.Run(() => listener.RunAsync(finish), CancellationToken.None));
            if (i % 50 == 49) await Task.Delay(50, CancellationToken.None);
        }
        foreach (var queue in _queues[StreamQueues..])
        {
            for (var i = 0; i < 2; i++)
            {
                var consumer = new Consumer(queue.NewReader(), queue.Name, [port], lease: queue.Kind == QueueKind.Leased ? 30 : null);
                _consuming.Add(Task.Run(() => consumer.RunAsync(finish), CancellationToken.None));
            }
        }
        var clock = Stopwatch.StartNew();
        while ((await CountAsync(client, "consumers")) < streams)
        {
            if (clock.Elapsed.TotalSeconds > 60)
                throw new TimeoutException("All streams must open within 60 seconds, but some did not.");
            await Task.Delay(200, CancellationToken.None);
        }
    }

    private async Task<List<Sample>> SampleAsync(ConnectionMultiplexer connection, HostClient client, HostProcess host)
    {
        Console.WriteLine(Sample.Header);
        var samples = new List<Sample>();
        // A short run samples more often, so that it prints some rows.
        var every = time >= LongEnough ? TimeSpan.FromMinutes(1) : TimeSpan.FromSeconds(10);
        var clock = Stopwatch.StartNew();
        var (sent, delivered, at) = (0L, 0L, TimeSpan.Zero);
        for (var next = every; next <= time; next += every)
        {
            if (next > clock.Elapsed) await Task.Delay(next - clock.Elapsed);
            var server = connection.GetServers()[0];
            var memory = (await server.InfoAsync("memory")).SelectMany(group => group).First(pair => pair.Key == "used_memory").Value;
            using var process = Process.GetProcessById(host.Id);
            var (sentNow, deliveredNow, now) = (_queues.Sum(queue => queue.Sent), _queues.Sum(queue => queue.Delivered), clock.Elapsed);
            var sample = new Sample(
                now.TotalMinutes,
                await CountAsync(client, "consumers"),
                (sentNow - sent) / (now - at).TotalSeconds,
                (deliveredNow - delivered) / (now - at).TotalSeconds,
                await CountAsync(client, "ready", "leased", "delayed"),
                Mebi(process.WorkingSet64),
                Mebi(Number(await File.ReadAllTextAsync(_heapFile))),
                Mebi(Number(memory)),
                await server.DatabaseSizeAsync());
            (sent, delivered, at) = (sentNow, deliveredNow, now);
            Console.WriteLine(sample);
            samples.Add(sample);
            // A full collection runs only twice, because more would hide how the heap grows by itself.
            if (next <= time / 2 && next + every > time / 2) _heldHalfway = await LiveHeapAsync();
            else if (next + every > time) _heldAtEnd = await LiveHeapAsync();
        }
        return samples;
    }

    /// <summary>
    /// Returns the managed heap after a full collection, in MiB. This is the memory that the host really holds.
    /// </summary>
    private async Task<double> LiveHeapAsync()
    {
        await File.WriteAllTextAsync(_heapFile + ".collect", "");
        for (var clock = Stopwatch.StartNew(); File.Exists(_heapFile + ".collect"); await Task.Delay(50))
        {
            if (clock.Elapsed.TotalSeconds > 30)
                throw new TimeoutException("The host must collect its garbage within 30 seconds, but did not.");
        }
        return Mebi(Number(await File.ReadAllTextAsync(_heapFile)));
    }

    /// <summary>Waits until every message has arrived, or until none has arrived for ten seconds.</summary>
    private async Task ArriveAsync()
    {
        var (delivered, quiet) = (-1L, Stopwatch.StartNew());
        while (_queues.Sum(queue => queue.OnTheirWay) > 0 && quiet.Elapsed.TotalSeconds < 10)
        {
            var now = _queues.Sum(queue => queue.Delivered);
            if (now != delivered) quiet.Restart();
            delivered = now;
            await Task.Delay(100);
        }
        await Task.Delay(2000); // The last acks need a moment.
    }

    private async Task<bool> JudgeCountsAsync(HostClient client)
    {
        var (lost, kept) = (_queues.Sum(queue => queue.Lost), await CountAsync(client, "ready", "leased", "delayed", "dead"));
        Console.WriteLine(
            $"\nMessages: {_queues.Sum(queue => queue.Sent)} sent, {_queues.Sum(queue => queue.InDoubtCount)} in doubt, {_queues.Sum(queue => queue.Delivered)} delivered, " +
            $"{_queues.Sum(queue => queue.Duplicated)} duplicated, {lost} lost; {kept} left in the queues; " +
            $"streams reconnected {_listeners.Sum(listener => listener.Returns)} times.");
        return lost == 0 && kept == 0;
    }

    private async Task<bool> JudgeKeysAsync(Redis redis, ConnectionMultiplexer connection, HostClient client)
    {
        var (wrong, left) = (new List<string>(), new List<string> { await ((IServers)redis).LeftAsync() });
        foreach (var queue in _queues) await KeyComparison.FillAsync(client, queue.Name);
        foreach (var queue in _queues) wrong.Add(await KeyComparison.DifferenceAsync(connection.GetDatabase(), client, queue.Name));
        foreach (var queue in _queues) await KeyComparison.EmptyAsync(client, queue.Name);
        foreach (var queue in _queues) wrong.Add(await KeyComparison.DifferenceAsync(connection.GetDatabase(), client, queue.Name));
        left.Add(await ((IServers)redis).LeftAsync());
        wrong.RemoveAll(text => text.Length == 0);
        left.RemoveAll(text => text.Length == 0);
        Console.WriteLine(left.Count == 0
            ? "Keys: only those of empty queues are left."
            : $"Keys left: {string.Join(", ", left)}");
        Console.WriteLine(wrong.Count == 0
            ? "Counters: equal to the keys, with full and with empty queues."
            : $"Counters differ: {string.Join(" | ", wrong)}");
        return wrong.Count == 0 && left.Count == 0;
    }

    private bool JudgeMemory(List<Sample> samples)
    {
        var flat = Sample.IsFlat(samples, out var verdict);
        flat &= _heldAtEnd <= _heldHalfway * Sample.Tolerance;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Memory: {(time < LongEnough ? "too short a run to judge" : flat ? "flat" : "NOT FLAT")}: {verdict}; heap after a full collection {_heldHalfway:0.0} → {_heldAtEnd:0.0}."));
        return flat || time < LongEnough;
    }

    private static async Task<long> CountAsync(HostClient client, params string[] names)
    {
        using var stats = JsonDocument.Parse((await client.AskAsync("GET /stats")).Body);
        return stats.RootElement.GetProperty("queues").EnumerateObject().Sum(queue => names.Sum(name => queue.Value.GetProperty(name).GetInt64()));
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static double Mebi(long bytes) => bytes / 1024.0 / 1024.0;
}
