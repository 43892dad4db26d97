using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;

namespace RestMq.EndToEnd.Http;

/// <summary>
/// Tests adds that wait for a replica, by every route and transport, while the replica works and while it hangs.
/// </summary>
public sealed class DurabilityTests : IAsyncLifetime
{
    private const string Xml =
        "<methodCall><methodName>set</methodName><params><param><value>q</value></param><param><value>x</value></param></params></methodCall>";

    // Each request adds one message to the queue q and asks for replication.
    private static readonly (string Line, string Body, string? Type)[] Adds =
    [
        ("POST /", "queue=q&value=x&durability=replicated", null), ("POST /?durability=replicated", "queue=q&value=x", null),
        ("POST /q/q", "value=x&durability=replicated", null), ("POST /q/q?durability=replicated", "x", "text/plain"),
        ("POST /q/q?durability=replicated", "1", "application/x-ndjson"), ("POST /q/q?durability=replicated&value=x", "", null),
        ("POST /queue", """{"cmd":"add","queue":"q","value":1,"durability":"replicated"}""", "application/json"),
        ("POST /queue/q", """{"cmd":"add","values":[1],"durability":"replicated"}""", "application/json"),
        ("POST /queue", """body={"cmd":"add","queue":"q","value":1,"durability":"replicated"}""", null),
    ];

    private static readonly (string Line, string Body, string? Type)[] AddsOfASetting = [("POST /q/q", "value=x", null), ("POST /xmlrpc", Xml, "text/xml")];

    private RedisServer _primary = null!;
    private RedisServer _replica = null!;
    private RestMqHost _host = null!;

    public async Task InitializeAsync()
    {
        _primary = await RedisServer.LaunchAsync("--repl-diskless-sync-delay", "0");
        _replica = await _primary.LaunchReplicaAsync();
        _host = await RestMqHost.StartAsync(StoreKind.Redis, _primary, "--RestMq:ReplicationTimeout=0.5");
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _replica.DisposeAsync();
        await _primary.DisposeAsync();
    }

    [Fact]
    public async Task Add_ReplicaHangs_FailsUntilReplicaResumes()
    {
        foreach (var add in Adds) (await AskAsync(add)).Is(200);
        await SetAsync("replicated");
        foreach (var add in AddsOfASetting) (await AskAsync(add)).Text.Should().NotContain("fault");
        var count = Adds.Length + AddsOfASetting.Length;
        (await LengthAsync()).Should().Be(count);

        _replica.Suspend();
        await SetAsync("stored");
        foreach (var add in Adds) await IsNotReplicatedAsync(add);
        await SetAsync("replicated");
        foreach (var add in AddsOfASetting) await IsNotReplicatedAsync(add);
        // Requests that need no replica are not delayed.
        (await _host.AskAsync("POST /q/q?durability=stored", "value=y")).Is(200);
        (await _host.AskAsync("GET /q/q?lease=60")).Is(200);
        (await LengthAsync()).Should().Be((2 * count) + 1 - 1, "the adds that were answered with 503 are stored");

        _replica.Resume();
        await Eventually.TrueAsync(async () => (await AskAsync(Adds[0])).Status == 200,
            "the replica confirms adds again");
    }

    [Theory]
    [InlineData("POST /q/q?durability=replicated", "text/plain", "q:1\r\n")]
    [InlineData("POST /q/q?durability=replicated", "application/x-ndjson", "q:1\r\n")]
    public async Task Retry_SameIdempotencyKey_AddsOnce(string line, string type, string key)
    {
        Task<RawReply> AddAsync() => _host.AskAsync(line, "1", $"Content-Type: {type}", "Idempotency-Key: mine");

        _replica.Suspend();
        (await AddAsync()).IsProblem(503, "not-replicated");
        (await AddAsync()).IsProblem(503, "not-replicated");
        _replica.Resume();
        RawReply reply = null!;
        await Eventually.TrueAsync(async () => (reply = await AddAsync()).Status == 200,
            "the replica confirms adds again");
        reply.Text.Should().Be(key);
        (await LengthAsync()).Should().Be(1);
    }

    [Fact]
    public async Task Add_ByFrameWhileReplicaHangs_ReturnsError()
    {
        using var socket = new ClientWebSocket();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{_host.Port}/ws/other"), patience.Token);
        (await SayAsync()).Should().Contain("\"key\":\"q:1\"");
        _replica.Suspend();
        (await SayAsync()).Should().StartWith("{\"error\":\"The message may exist").And.Contain("idempotency key");
        (await LengthAsync()).Should().Be(2);

        async Task<string> SayAsync()
        {
            var add = """{"cmd":"add","queue":"q","value":1,"durability":"replicated"}"""u8.ToArray();
            await socket.SendAsync(add, WebSocketMessageType.Text, endOfMessage: true, patience.Token);
            var buffer = new byte[1000];
            return Encoding.UTF8.GetString(buffer, 0, (await socket.ReceiveAsync(buffer, patience.Token)).Count);
        }
    }

    private async Task IsNotReplicatedAsync((string Line, string Body, string? Type) add)
    {
        var start = Stopwatch.GetTimestamp();
        var reply = await AskAsync(add);
        Stopwatch.GetElapsedTime(start).Should().BeLessThan(TimeSpan.FromSeconds(2.5), add.Line);
        reply.Text.Should().Contain("may exist").And.Contain("idempotency key", add.Line);
        if (add.Line == "POST /xmlrpc")
        {
            reply.Is(200);
            reply.Text.Should().Contain("<int>8003</int>");
            return;
        }
        reply.Is(503);
        reply.Header("Retry-After").Should().Be("1");
        if (!add.Line.StartsWith("POST /queue", StringComparison.Ordinal)) reply.IsProblem(503, "not-replicated");
    }

    private Task<RawReply> AskAsync((string Line, string Body, string? Type) add) =>
        add.Type is null ? _host.AskAsync(add.Line, add.Body) : _host.AskAsync(add.Line, add.Body, $"Content-Type: {add.Type}");

    private async Task SetAsync(string durability) => (await _host.AskAsync("POST /p/q", $"durability={durability}")).Is(200);

    private async Task<int> LengthAsync() => int.Parse((await _host.AskAsync("HEAD /q/q")).Header("RestMQ-Length")!, System.Globalization.CultureInfo.InvariantCulture);
}
