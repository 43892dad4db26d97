using System.Text.Json;

namespace RestMq.TestUtilities.Hosts;

/// <summary>Sends the requests that most tests need. A request that fails also fails the test at once.</summary>
public static class QueueActions
{
    /// <summary>Returns a queue's name as it is written in a URL.</summary>
    public static string InUrl(string queue) => Uri.EscapeDataString(queue);

    public static async Task<string> PostAsync(this RestMqHost host, string queue, string value)
    {
        var reply = await host.AskAsync($"POST /q/{InUrl(queue)}", RawRequest.FormOf("value", value));
        return reply.Is(200).Text.TrimEnd();
    }

    /// <summary>Adds texts in one request.</summary>
    public static async Task PostAllAsync(this RestMqHost host, string queue, IEnumerable<string> values)
    {
        foreach (var batch in values.Chunk(1000))
        {
            var lines = string.Concat(batch.Select(value => JsonSerializer.Serialize(value) + "\n"));
            (await host.AskAsync($"POST /q/{InUrl(queue)}", lines, "Content-Type: application/x-ndjson")).Is(200).Lines.Should().HaveCount(batch.Length);
        }
    }

    /// <summary>Takes the head; the queue must not be empty.</summary>
    public static async Task<JsonElement> TakeAsync(this RestMqHost host, string queue) => (await host.AskAsync($"GET /q/{InUrl(queue)}")).Is(200).Json;

    public static async Task<JsonElement> LeaseAsync(this RestMqHost host, string queue, int seconds = 30) =>
        (await host.AskAsync($"GET /q/{InUrl(queue)}?lease={seconds}")).Is(200).Json;

    public static async Task<string?> TakeValueAsync(this RestMqHost host, string queue) => (await host.TakeAsync(queue)).Text("value");

    public static async Task IsEmptyAsync(this RestMqHost host, string queue) => (await host.AskAsync($"GET /q/{InUrl(queue)}")).IsNoContent();

    /// <summary>Sends a command of the JSON protocol as the body of a request.</summary>
    public static Task<RawReply> CommandAsync(this RestMqHost host, string json) =>
        host.AskAsync("POST /queue", json, "Content-Type: application/json");

    public static async Task<JsonElement> StatsAsync(this RestMqHost host, string queue) => (await host.AskAsync($"GET /stats/{InUrl(queue)}")).Is(200).Json;

    public static async Task<string[]> QueuesAsync(this RestMqHost host) =>
        [.. (await host.AskAsync("GET /q")).Is(200).Json.GetProperty("queues").EnumerateArray().Select(name => name.GetString()!)];

    public static Task SetPolicyAsync(this RestMqHost host, string queue, string policy) => host.DoAsync($"/p/{InUrl(queue)}", $"policy={policy}");

    public static Task StopAsync(this RestMqHost host, string queue) => host.DoAsync($"/control/{InUrl(queue)}", "status=stop");

    public static Task StartAsync(this RestMqHost host, string queue) => host.DoAsync($"/control/{InUrl(queue)}", "status=start");

    public static Task HasConsumersAsync(this RestMqHost host, string queue, int count) =>
        Eventually.TrueAsync(async () => (await host.StatsAsync(queue)).Number("consumers") == count, $"{queue} has {count} consumers");

    public static string? Text(this JsonElement json, string name) => json.GetProperty(name).GetString();

    public static long Number(this JsonElement json, string name) => json.GetProperty(name).GetInt64();

    private static async Task DoAsync(this RestMqHost host, string target, string form) => (await host.AskAsync($"POST {target}", form)).Is(200);
}
