using System.Diagnostics;

namespace RestMq.EndToEnd.Proxy;

/// <summary>
/// Tests streams through a buffering reverse proxy, which uses a second host when the first host is killed.
/// </summary>
public sealed class NginxTests : IAsyncLifetime
{
    private RedisServer _redis = null!;
    private RestMqHost[] _hosts = [];
    private NginxServer _nginx = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.LaunchAsync();
        _hosts = await Task.WhenAll(RestMqHost.StartAsync(StoreKind.Redis, _redis), RestMqHost.StartAsync(StoreKind.Redis, _redis));
        _nginx = await Nginx.StartAsync(_hosts);
    }

    public async Task DisposeAsync()
    {
        await _nginx.DisposeAsync();
        foreach (var host in _hosts) await host.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Theory]
    [InlineData(Transport.Lines)]
    [InlineData(Transport.Events)]
    [InlineData(Transport.Socket)]
    public async Task Stream_ThroughNginx_ArrivesAtOnce(Transport transport)
    {
        var clock = Stopwatch.StartNew();
        await using var stream = await LiveStream.OpenAsync(transport, _nginx.Port, "/c/q?heartbeat=1");
        (await stream.ReadAsync())!.Kind.Should().Be(ItemKind.Heartbeat, "the first byte is not buffered");
        clock.Elapsed.TotalSeconds.Should().BeLessThan(10); // A buffering nginx sends after several kilobytes.
        var middle = await Eventually.MedianAsync(21, async i =>
        {
            await _hosts[i % 2].PostAsync("q", $"{i}");
            clock.Restart();
            (await stream.NextValuesAsync(1)).Should().Equal($"{i}");
            return clock.Elapsed;
        });
        middle.TotalSeconds.Should().BeLessThan(1);
        await _hosts[1].PurgeAsync("q");
        await stream.EndsAsync();
        if (stream is SocketStream socket) socket.CloseStatus.Should().Be(1000);
    }

    [Fact]
    public async Task Stream_ClientDisconnects_IsNoticed()
    {
        var stream = await LiveStream.OpenAsync(Transport.Events, _nginx.Port, "/c/q?lease=300");
        await _hosts[0].PostAsync("q", "one");
        await stream.NextAsync();
        await stream.DisposeAsync();
        await _hosts[0].HasConsumersAsync("q", 0);
        (await _hosts[0].TakeValueAsync("q")).Should().Be("one");
    }

    [Fact]
    public async Task EventSource_HostKilled_ResumesOnAnother()
    {
        var folder = new Clients.NodeFolder();
        await folder.InitializeAsync();
        await using var node = new ChildProcess(
            "node", [Clients.NodeFolder.Script("events.mjs"), $"http://127.0.0.1:{_nginx.Port}/c/q"], "These tests need node on the PATH (apt-get install nodejs).");
        await node.WaitForLineAsync(line => line == "open");
        await _hosts[1].PostAsync("q", "before");
        await node.WaitForLineAsync(line => line == "got before 1");
        await using var other = await _hosts[1].StreamAsync(Transport.Lines, "q");
        await _hosts[0].Process.KillAsync();
        await _hosts[1].PostAllAsync("q", ["meanwhile", "end"]);
        (await node.WaitForExitAsync(TimeSpan.FromSeconds(20))).Should().Be(0, $"{node}");
        node.Output.Split('\n').Where(line => line != "open").Should().Equal("got before 1", "got meanwhile 2", "got end 3");
    }

    [Fact]
    public async Task Browser_HostKilled_ResumesByItself()
    {
        await using var browser = new Clients.Browser($"http://127.0.0.1:{_nginx.Port}/pages/live.html?queue=q");
        await TellsAsync("open", "reply 0");
        await _hosts[1].PostAsync("q", "eins");
        await TellsAsync("event 1 eins", "frame 1 eins");
        await _hosts[1].PostAsync("q", "日本語 🎉");
        await TellsAsync("event 2 日本語 🎉", "frame 2 日本語 🎉");

        await using var other = await _hosts[1].StreamAsync(Transport.Lines, "q");
        await _hosts[0].Process.KillAsync();
        await _hosts[1].PostAllAsync("q", ["drei", "vier"]);
        await TellsAsync("closed 1006", "event 3 drei", "event 4 vier");

        // Waits for the messages of the page, in any order.
        async Task TellsAsync(params string[] wanted)
        {
            var told = new List<string>();
            while (told.Count < wanted.Length)
            {
                var reply = await _hosts[1].AskAsync("GET /q/q-told?wait=14");
                reply.Status.Should().Be(200,
                    $"the page must send {wanted.Length} messages, but sent [{string.Join(", ", told)}]. {browser}");
                told.Add(reply.Json.Text("value")!);
            }
            told.Should().BeEquivalentTo(wanted);
        }
    }
}
