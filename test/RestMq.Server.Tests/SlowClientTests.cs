using System.Net;
using System.Net.Sockets;
using System.Text;
using static RestMq.Deadline;

namespace RestMq.Server;

/// <summary>Tests on real connections that clients which neither send nor read are cut, and cost others nothing.</summary>
public sealed class SlowClientTests
{
    private const string Upgrade =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

    /// <summary>Lists first fragments of WebSocket messages whose last fragment never comes.</summary>
    public static TheoryData<string, byte[]> SlowMessages => new()
    {
        { "a fragment without the last one", [0x01, 0x81, 0, 0, 0, 0, (byte)'x'] },
        { "an empty fragment without the last one", [0x01, 0x80, 0, 0, 0, 0] },
    };

    [Theory, MemberData(nameof(SlowMessages))]
    public async Task Socket_MessageDoesNotArrive_IsCut(string what, byte[] bytes)
    {
        await using var host = SampleHost.OverKestrel(("RestMq:SocketMessageTimeout", "1"));
        using var client = await ConnectAsync(host, $"GET /ws/test HTTP/1.1\r\nHost: localhost\r\n{Upgrade}\r\n");
        await client.ReadUntilAsync("\r\n\r\n");

        await client.Stream.WriteAsync(bytes);

        // The close frame may be lost, because the connection is reset after it.
        var end = await Within(client.ReadToEndAsync());
        if (end.Length >= 4) (end[0], end[2] << 8 | end[3]).Should().Be((0x88, 1008), what);
    }

    [Fact]
    public async Task Socket_IdleBetweenMessages_StaysOpen()
    {
        await using var host = SampleHost.OverKestrel(("RestMq:SocketMessageTimeout", "1"));
        using var client = await ConnectAsync(host, $"GET /ws/test HTTP/1.1\r\nHost: localhost\r\n{Upgrade}\r\n");
        await client.ReadUntilAsync("\r\n\r\n");
        byte[] command = [0x81, 0x8D, 0, 0, 0, 0, .. "{\"cmd\":\"len\"}"u8];

        for (var n = 0; n < 2; n++)
        {
            await client.Stream.WriteAsync(command);
            (await client.ReadUntilAsync("}")).Should().Contain("\"len\":0");
            await Task.Delay(TimeSpan.FromSeconds(1.5));
        }
    }

    [Theory]
    [InlineData("GET /c/test HTTP/1.1\r\nHost: localhost\r\n\r\n"), InlineData("GET /c/test HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")]
    [InlineData("GET /ws/test HTTP/1.1\r\nHost: localhost\r\n" + Upgrade + "\r\n")]
    public async Task Stream_ClientDoesNotRead_IsCutAndKeepsNoMessage(string request)
    {
        const int Messages = 30, Size = 500_000;
        await using var host = SampleHost.OverKestrel(("RestMq:StreamWriteTimeout", "1"));
        await host.SendAsync("POST /p/test", "policy=roundrobin").IsAsync(HttpStatusCode.OK);
        using var client = await ConnectAsync(host, request, receiveBuffer: 4096);
        await UntilAsync(async () => (await NumberAsync(host, "consumers")) == 1);

        for (var n = 0; n < Messages; n++) await host.SendAsync("POST /q/test", "value=" + new string('x', Size)).IsAsync(HttpStatusCode.OK);

        await UntilAsync(async () => (await NumberAsync(host, "consumers")) == 0);
        await UntilAsync(async () => (await NumberAsync(host, "leased")) == 0);
        (await NumberAsync(host, "ready")).Should().BeGreaterThan(1, "the client has not read them");
    }

    /// <summary>Lists the routes that take a body.</summary>
    public static TheoryData<string> Bodies =>
    [
        "POST /", "POST /q/test", "POST /queue", "POST /queue/test", "POST /xmlrpc", "POST /p/test", "POST /control/test", "POST /j/test/purge",
        "POST /q/test/test:1.1", "DELETE /q/test",
    ];

    [Theory, MemberData(nameof(Bodies))]
    public async Task Body_CallerWithoutAKey_IsRefusedBeforeIt(string line)
    {
        await using var host = SampleHost.OverKestrel(("Access:Keys:0:Name", "k"), ("Access:Keys:0:Secret", "secret"), ("Access:Keys:0:Roles:0", "produce"));
        using var client = await ConnectAsync(
            host, $"{line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000000\r\n\r\n");

        (await client.ReadUntilAsync("\r\n")).Should().StartWith("HTTP/1.1 401 ", "the body never comes");
    }

    [Theory, InlineData("POST /", "queue=test&value=x"), InlineData("POST /queue", "{\"cmd\":\"add\",\"queue\":\"test\",\"value\":\"x\"}")]
    public async Task Body_CallerWithOneOfTheRoles_IsServed(string line, string body)
    {
        await using var host = new SampleHost(
            ("Access:Keys:0:Name", "k"), ("Access:Keys:0:Secret", "secret"), ("Access:Keys:0:Roles:0", "produce"), ("Access:Keys:0:Queues:0", "test"));

        await host.SendAsync(line, body, ("X-Api-Key", "secret")).IsAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Body_NoRoomBesideOthers_IsRefusedUntilOneIsOver()
    {
        const int Announced = 1_000_000, Sent = 700_000;
        await using var host = SampleHost.OverKestrel(("RestMq:MaxBatchBytes", "1048576"), ("RestMq:MaxRequestBytes", "1048576"));
        var head = $"POST /q/test HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: {Announced}\r\n\r\n";
        var first = await ConnectAsync(host, head);
        await first.Stream.WriteAsync(new byte[Sent]);
        await UntilAsync(async () => await IsRefusedAsync());

        await host.SendAsync("POST /q/test", "value=small").IsAsync(HttpStatusCode.OK);
        first.Dispose();

        await UntilAsync(async () => !await IsRefusedAsync());
        (await host.SendAsync("GET /stats/test").IsAsync(HttpStatusCode.OK)).GetProperty("ready").GetInt64().Should().Be(1);

        async Task<bool> IsRefusedAsync()
        {
            using var second = await ConnectAsync(host, head);
            await second.Stream.WriteAsync(new byte[Sent]);
            var reply = second.ReadUntilAsync("\"detail\"");
            if (await Task.WhenAny(reply, Task.Delay(500)) != reply) return false;
            (await reply).Should().StartWith("HTTP/1.1 503 ").And.Contain("Retry-After: 1").And.Contain("urn:restmq:overloaded");
            return true;
        }
    }

    private static async Task<long> NumberAsync(SampleHost host, string name) =>
        (await host.SendAsync("GET /stats/test").IsAsync(HttpStatusCode.OK)).GetProperty(name).GetInt64();

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition()) await Task.Delay(50, deadline.Token);
    }

    private static async Task<RawClient> ConnectAsync(SampleHost host, string request, int? receiveBuffer = null)
    {
        var client = new RawClient(receiveBuffer);
        await client.ConnectAsync(host.Client.BaseAddress!.Port);
        await client.Stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        return client;
    }

    private sealed class RawClient : IDisposable
    {
        private readonly TcpClient _tcp = new();

        public RawClient(int? receiveBuffer)
        {
            if (receiveBuffer is { } bytes) _tcp.ReceiveBufferSize = bytes;
        }

        public NetworkStream Stream => _tcp.GetStream();

        public Task ConnectAsync(int port) => _tcp.ConnectAsync(IPAddress.Loopback, port);

        public async Task<string> ReadUntilAsync(string end)
        {
            var read = new StringBuilder();
            var one = new byte[1];
            while (!read.ToString().EndsWith(end, StringComparison.Ordinal))
            {
                if (await Within(Stream.ReadAsync(one).AsTask()) == 0) break;
                read.Append((char)one[0]);
            }
            return read.ToString();
        }

        public async Task<byte[]> ReadToEndAsync()
        {
            using var all = new MemoryStream();
            try
            {
                await Stream.CopyToAsync(all);
            }
            catch (IOException)
            {
                // The host has aborted the connection after its close frame.
            }
            return all.ToArray();
        }

        public void Dispose() => _tcp.Dispose();
    }
}
