using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RestMq.EndToEnd.Cli;

/// <summary>
/// Tests the verbs against a host that is killed while it answers, and against a server that is not RestMQ.
/// </summary>
public sealed class OtherServerTests
{
    private const int Refused = 1;
    private const int Unavailable = 3;

    private const string Line = """{"key":"a:1","value":"one","count":1,"receipt":"a:1.1"}""";

    public static TheoryData<string> Asking => ["produce a one", "consume a", "look a", "stats", "stats a", "policy a", "count a", "last a", "listen a", "listen a --raw"];

    [Fact]
    public async Task Listen_HostKilled_ReportsHostUnavailable()
    {
        await using var host = await RestMqHost.StartAsync(StoreKind.Memory);
        await using var listening = Verb.Start("listen", "a", "--raw", $"--url=http://127.0.0.1:{host.Port}");
        await host.PostAsync("a", "one");
        await listening.WaitForLineAsync(line => line == "one");
        await host.Process.KillAsync();
        (await listening.WaitForExitAsync(TimeSpan.FromSeconds(30))).Should().Be(Unavailable);
        await listening.WaitForLineAsync(line => line.StartsWith($"http://127.0.0.1:{host.Port}/ is unavailable: ", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Asking))]
    public async Task Verb_ReplyCutOff_ReportsHostUnavailable(string verb)
    {
        using var host = new OtherServer(Reply(Line + "\r\n", length: 1000));
        var (code, output) = await Verb.RunAsync([.. verb.Split(' '), "--url", host.Url]);
        code.Should().Be(Unavailable, output);
        output.Split('\n')[^1].Should().StartWith($"{host.Url} is unavailable: ");
    }

    [Theory]
    [InlineData("consume a")]
    [InlineData("count a")]
    [InlineData("stats a")]
    [InlineData("listen a")]
    public async Task Verb_ConnectionReset_ReportsHostUnavailable(string verb)
    {
        using var host = new OtherServer(Reply(Line + "\r\n", length: 1000), resets: true);
        var (code, output) = await Verb.RunAsync([.. verb.Split(' '), "--url", host.Url]);
        code.Should().Be(Unavailable, output);
        output.Split('\n')[^1].Should().StartWith($"{host.Url} is unavailable: ");
    }

    [Theory]
    [MemberData(nameof(Asking))]
    public async Task Verb_HtmlPage_ReportsNoRestMqHost(string verb)
    {
        using var host = new OtherServer(Reply("<!DOCTYPE html>\n<title>It works!</title>\n"));
        (await Verb.RunAsync([.. verb.Split(' '), "--url", host.Url])).Should().Be((Refused, "The URL must be that of a RestMQ host, but the reply is not one of RestMQ's. Check the URL."));
    }

    [Theory]
    [InlineData("produce a one", """{"keys":1}""")]
    [InlineData("consume a", """{"hello":1}""")]
    [InlineData("look a --raw", """{"value":"_","encoding":"base64"}""")]
    [InlineData("stats", """{"queues":{"a":1}}""")]
    [InlineData("stats a", """{"status":"ok"}""")]
    [InlineData("policy a", "[]")]
    [InlineData("count a", "{}")]
    [InlineData("last a", """{"messages":null}""")]
    [InlineData("listen a", "1")]
    public async Task Verb_ForeignJson_ReportsNoRestMqHost(string verb, string reply)
    {
        using var host = new OtherServer(Reply(reply));
        (await Verb.RunAsync([.. verb.Split(' '), "--url", host.Url])).Should().Be((Refused, "The URL must be that of a RestMQ host, but the reply is not one of RestMQ's. Check the URL."));
    }

    private static string Reply(string body, int? length = null) => $"HTTP/1.1 200 OK\r\nContent-Length: {length ?? body.Length}\r\n\r\n{body}";

    /// <summary>Answers every request with the same reply, and closes the connection.</summary>
    private sealed class OtherServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public OtherServer(string reply, bool resets = false)
        {
            _listener.Start();
            Url = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/";
            _ = ServeAsync(Encoding.ASCII.GetBytes(reply), resets);
        }

        public string Url { get; }

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync(byte[] reply, bool resets)
        {
            var asked = new byte[64 * 1024];
            try
            {
                while (true)
                {
                    using var socket = await _listener.AcceptSocketAsync();
                    await socket.ReceiveAsync(asked);
                    await socket.SendAsync(reply);
                    if (resets) socket.Close(timeout: 0);
                    else socket.Shutdown(SocketShutdown.Send);
                    // Waits until the client has closed its side. Closing earlier would reset the connection.
                    while (!resets && await socket.ReceiveAsync(asked) > 0);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
