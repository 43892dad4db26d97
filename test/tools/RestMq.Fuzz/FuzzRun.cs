using System.Diagnostics;
using System.Globalization;
using RestMq.TestUtilities.Wire;
using StackExchange.Redis;

namespace RestMq.Fuzz;

/// <summary>Sends the inputs of a run to a host on one store, then checks the host and its keys.</summary>
internal static class FuzzRun
{
    /// <summary>Runs the inputs and the checks. Throws with everything that was wrong.</summary>
    /// <returns>A line that sums up the run.</returns>
    public static async Task<string> RunAsync(bool onRedis, int seed, long first, long count, Action<long>? progress = null)
    {
        await using var host = await FuzzHost.StartAsync(onRedis);
        var fuzzer = new Fuzzer(host.Port, seed);
        var watch = Stopwatch.StartNew();
        await fuzzer.RunAsync(first, count, progress);
        var took = watch.Elapsed;

        var failures = new List<string>(fuzzer.Failures);
        failures.AddRange(host.Mistakes.Select(line => $"The host must log no error, but logged: {line}"));
        await CheckAfterAsync(host, failures);
        watch.Restart();
        await host.StopAsync();
        if (watch.Elapsed > TimeSpan.FromSeconds(9))
            failures.Add($"The host must stop within 9 s, but took {watch.Elapsed.TotalSeconds:F0} s. A request still ran.");
        if (failures.Count > 0) throw new FuzzException(string.Join("\n\n", failures));

        var statuses = string.Join(", ", fuzzer.Statuses.OrderBy(one => one.Key).Select(one => $"{(one.Key == 0 ? "none" : one.Key)} {one.Value}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"fuzz: seed {seed}, {count} inputs on {(onRedis ? "Redis" : "memory")}, {took.TotalSeconds:F0} s, {count / took.TotalSeconds:F0} a second; replies: {statuses}");
    }

    private static async Task CheckAfterAsync(FuzzHost host, List<string> failures)
    {
        await using var connection = await RawConnection.OpenAsync(host.Port);
        var queues = await ListAsync(connection);
        if (host.Redis is not null) await CheckKeysAsync(host.Redis, queues, failures);
        foreach (var queue in queues)
        {
            var url = Uri.EscapeDataString(queue);
            var stats = (await connection.AskAsync($"GET /stats/{url}")).Is(200).Json;
            if (stats.GetProperty("consumers").GetInt64() != 0)
                failures.Add($"The queue {queue} must have no consumers at the end, but its statistics are: {stats}");
            (await connection.AskAsync($"DELETE /q/{url}")).Is(200);
        }
        var left = (await connection.AskAsync("GET /q")).Is(200).Json;
        if (left.GetProperty("count").GetInt64() != 0)
            failures.Add($"No queue must be listed after all have been purged, but the list is: {left}");
        if (host.Redis is not null) await CheckNothingStaysAsync(host.Redis, failures);
    }

    private static async Task<string[]> ListAsync(RawConnection connection)
    {
        var queues = new List<string>();
        for (var page = "/q"; ;)
        {
            var json = (await connection.AskAsync($"GET {page}")).Is(200).Json;
            queues.AddRange(json.GetProperty("queues").EnumerateArray().Select(name => name.GetString()!));
            if (!json.TryGetProperty("next", out var next)) return [.. queues];
            page = $"/q?after={Uri.EscapeDataString(next.GetString()!)}";
        }
    }

    // Every key must belong to a listed or a purged queue, and the keys of each queue must be consistent.
    private static async Task CheckKeysAsync(IConnectionMultiplexer redis, string[] queues, List<string> failures)
    {
        string[] known = ["meta", "ready", "back", "body", "leased", "delayed", "expiry", "count", "dead", "why", "log", "held"];
        foreach (var key in await KeysAsync(redis))
        {
            if (key is "restmq:queues" or "restmq:format") continue;
            var end = key.IndexOf("}:", StringComparison.Ordinal);
            var isOurs = key.StartsWith("restmq:{", StringComparison.Ordinal) && end > 0
                && QueueName.TryParse(key[8..end], out _, out _) && (known.Contains(key[(end + 2)..]) || EndsByItself(key));
            if (!isOurs) failures.Add($"Every key must belong to a queue, but this one does not: {key}");
            else if (!queues.Contains(key[8..end]) && await redis.GetDatabase().KeyTimeToLiveAsync(key) is null)
                failures.Add($"A key of an unlisted queue must expire, but this one does not: {key}");
        }
        foreach (var queue in queues)
        {
            try
            {
                await new RedisInvariants(redis, QueueName.Parse(queue)).AssertAsync();
            }
            catch (Exception e) when (e is not RedisException)
            {
                failures.Add($"The keys of {queue} must be consistent, but are not: {e.Message}");
            }
        }
    }

    private static bool EndsByItself(string key) => key.Contains("}:once:", StringComparison.Ordinal) || key.Contains("}:sent:", StringComparison.Ordinal);

    // A purged queue keeps its counters for a day, its idempotency keys for five minutes, and the messages that an
    // exchange delivered for one minute.
    private static async Task CheckNothingStaysAsync(IConnectionMultiplexer redis, List<string> failures)
    {
        foreach (var key in await KeysAsync(redis))
        {
            if (key == "restmq:format") continue;
            if (!key.EndsWith("}:meta", StringComparison.Ordinal) && !EndsByItself(key))
                failures.Add($"This key must be gone after all queues are purged: {key}");
            else if (await redis.GetDatabase().KeyTimeToLiveAsync(key) is null)
                failures.Add($"This key must expire after all queues are purged, but does not: {key}");
        }
    }

    private static async Task<List<string>> KeysAsync(IConnectionMultiplexer redis)
    {
        var keys = new List<string>();
        await foreach (var key in redis.GetServers().Single().KeysAsync(pageSize: 1000)) keys.Add(key.ToString());
        return keys;
    }
}

/// <summary>Lists everything that a run found wrong.</summary>
internal sealed class FuzzException(string message) : Exception(message);
