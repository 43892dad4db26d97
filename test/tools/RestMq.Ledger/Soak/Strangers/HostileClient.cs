using System.Text;

namespace RestMq.Ledger.Soak.Strangers;

/// <summary>Describes a kind of hostile client.</summary>
/// <param name="Name">What the client does.</param>
/// <param name="Connections">The number of connections that do it at the same time.</param>
/// <param name="SendAsync">Sends over one connection until the host ends it. The number tells connections apart.</param>
internal sealed record HostileClient(string Name, int Connections, Func<Stream, int, CancellationToken, Task> SendAsync)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static long _names;

    /// <summary>Gets all kinds.</summary>
    public static IReadOnlyList<HostileClient> All { get; } =
    [
        new("Adds to new names", 4, (stream, _, end) => RepeatAsync(stream, () => Post($"/q/{NextName()}", "value=x"), end)),
        new("Takes from never-seen names", 4, (stream, _, end) => RepeatAsync(stream, () => Get($"/q/{NextName()}"), end)),
        new("Statistics of never-seen names", 2, (stream, _, end) => RepeatAsync(stream, () => Get($"/stats/{NextName()}"), end)),
        new("Waits on 20 names", 50, (stream, _, end) => RepeatAsync(stream, () => Get($"/q/{string.Join(',', Enumerable.Range(0, 20).Select(_ => NextName()))}?wait=10"), end)),
        new("Names too many queues", 2, (stream, _, end) => RepeatAsync(stream, () => Get($"/q/{string.Join(',', Enumerable.Range(0, 100).Select(n => $"n{n}"))}?wait=10"), end)),
        new("Lists all queues", 2, (stream, _, end) => RepeatAsync(stream, () => Get("/stats"), end)),
        new("Half-sent bodies", 60, (stream, n, end) => HalfAsync(stream, new[] { "/q/half", "/", "/queue", "/xmlrpc" }[n % 4], end)),
        new("Bodies of a byte a second", 40, (stream, _, end) => SlowAsync(stream, "POST /q/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", end)),
        new("WebSocket of a byte a second", 40, SlowSocketAsync),
        new("Streams that are not read", 60, UnreadAsync),
        new("Headers of a byte a second", 40, (stream, _, end) => SlowAsync(stream, "GET /q/slow HTTP/1.1\r\n", end)),
        new("More connections than allowed", 400, async (stream, _, end) => await ReadToEndAsync(stream, end)),
    ];

    private static string NextName() => $"stranger-{Interlocked.Increment(ref _names)}";

    private static string Get(string target) => $"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n";

    private static string Post(string target, string body) =>
        $"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    // Sends requests one after another, at most 500 a second over each connection.
    private static async Task RepeatAsync(Stream stream, Func<string> request, CancellationToken end)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(request()), end);
            if (await stream.ReadAsync(buffer, end) == 0) return;
            await Task.Delay(2, end);
        }
    }

    private static async Task HalfAsync(Stream stream, string target, CancellationToken end)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3000000\r\n\r\nvalue="), end);
        var part = new byte[64 * 1024];
        for (var sent = 0; sent < 2_500_000; sent += part.Length) await stream.WriteAsync(part, end);
        await ReadToEndAsync(stream, end);
    }

    private static async Task SlowAsync(Stream stream, string head, CancellationToken end)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), end);
        while (true)
        {
            await stream.WriteAsync("x"u8.ToArray(), end);
            await Task.Delay(Second, end);
        }
    }

    private static async Task SlowSocketAsync(Stream stream, int number, CancellationToken end)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            "GET /ws/slow HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"), end);
        // A text frame of 65,000 bytes, masked with zeros.
        await stream.WriteAsync(new byte[] { 0x81, 0xFE, 0xFD, 0xE8, 0, 0, 0, 0 }, end);
        while (true)
        {
            await stream.WriteAsync("x"u8.ToArray(), end);
            await Task.Delay(Second, end);
        }
    }

    // Adds to a broadcast queue now and then, so that there is something to read, and reads nothing.
    private static async Task UnreadAsync(Stream stream, int number, CancellationToken end)
    {
        if (number == 0)
        {
            await RepeatAsync(stream, () => Post("/q/unread", "value=" + new string('u', 20_000)), end);
            return;
        }
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Get("/c/unread")), end);
        // A write to a connection that the host has cut fails.
        while (true)
        {
            await Task.Delay(Second, end);
            await stream.WriteAsync("\n"u8.ToArray(), end);
        }
    }

    private static async Task ReadToEndAsync(Stream stream, CancellationToken end)
    {
        var buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, end) > 0) { }
    }
}
