using System.Text.Json;

namespace RestMq.EndToEnd.Streams.Readers;

/// <summary>Holds the actions that most of these tests need.</summary>
public static class LiveActions
{
    public static readonly Transport[] Transports = Enum.GetValues<Transport>();

    public static Task<LiveStream> StreamAsync(this RestMqHost host, Transport transport, string queue, string query = "", int? receiveBuffer = null, params string[] headers) =>
        LiveStream.OpenAsync(transport, host.Port, $"/c/{QueueActions.InUrl(queue)}{query}", receiveBuffer, headers);

    public static async Task<SocketStream> SocketAsync(this RestMqHost host, string queue, string query = "") =>
        (SocketStream)await host.StreamAsync(Transport.Socket, queue, query);

    /// <summary>Adds the messages one by one over a single connection.</summary>
    public static async Task PostEachAsync(this RestMqHost host, string queue, IEnumerable<string> values, Func<int, Task>? after = null)
    {
        await using var connection = await host.ConnectAsync();
        var posted = 0;
        foreach (var value in values)
        {
            (await connection.AskAsync($"POST /q/{QueueActions.InUrl(queue)}", RawRequest.FormOf("value", value))).Is(200);
            if (after is not null) await after(++posted);
        }
    }

    public static async Task SettingAsync(this RestMqHost host, string queue, string form) => (await host.AskAsync($"POST /p/{queue}", form)).Is(200);

    public static async Task AckAsync(this RestMqHost host, string queue, JsonElement message) =>
        (await host.AskAsync($"DELETE /q/{queue}/{message.Text("receipt")}")).Is(204);

    public static Task PurgeAsync(this RestMqHost host, string queue) => host.AskAsync($"DELETE /q/{queue}");

    /// <summary>Waits until the stats of the queue match <paramref name="wanted"/>.</summary>
    public static Task HasAsync(this RestMqHost host, string queue, Func<JsonElement, bool> wanted, string what, int seconds = 10) =>
        Eventually.TrueAsync(async () => wanted(await host.StatsAsync(queue)), $"{queue}: {what}", seconds);

    public static string[] Numbered(int count, string behind = "") => [.. Enumerable.Range(0, count).Select(i => $"{i}{behind}")];

    /// <summary>Returns the number at the start of a message's value.</summary>
    public static int NumberOf(JsonElement message) => int.Parse(message.Text("value")!.Split(':')[0]);
}
