using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RestMq.Conformance.Cli;

/// <summary>What the verbs say of a host that dies while it answers, and of an address where something else is.</summary>
public sealed class StrangeHostTests
{
    private const int Refused = 1;
    private const int Away = 3;

    private const string Line = """{"key":"a:1","value":"one","count":1,"receipt":"a:1.1"}""";

    public static TheoryData<string> Asking => ["produce a one", "consume a", "look a", "stats", "stats a", "policy a", "count a", "last a", "listen a", "listen a --raw"];

    [Fact]
    public async Task Who_listens_is_told_that_the_host_was_killed()
    {
        await using var host = await RestMqHost.StartAsync(StoreKind.Memory);
        await using var listening = Verb.Start("listen", "a", "--raw", $"--url=http://127.0.0.1:{host.Port}");
        await host.PostAsync("a", "one");
        await listening.WaitForLineAsync(line => line == "one");
        await host.Process.KillAsync();
        (await listening.WaitForExitAsync(TimeSpan.FromSeconds(30))).Should().Be(Away);
        await listening.WaitForLineAsync(line => line.StartsWith($"http://127.0.0.1:{host.Port}/ is away: ", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Asking))]
    public async Task A_reply_that_is_cut_off_is_a_host_that_is_away(string verb)
    {
        using var host = new Stranger(Reply(Line + "\r\n", length: 1000));
        var (code, output) = await Verb.RunAsync([.. verb.Split(' '), "--url", host.Url]);
        code.Should().Be(Away, output);
        output.Split('\n')[^1].Should().StartWith($"{host.Url} is away: ");
    }

    [Theory]
    [InlineData("consume a")]
    [InlineData("count a")]
    [InlineData("stats a")]
    [InlineData("listen a")]
    public async Task So_is_one_whose_connection_is_reset(string verb)
    {
        using var host = new Stranger(Reply(Line + "\r\n", length: 1000), resets: true);
        var (code, output) = await Verb.RunAsync([.. verb.Split(' '), "--url", host.Url]);
        code.Should().Be(Away, output);
        output.Split('\n')[^1].Should().StartWith($"{host.Url} is away: ");
    }

    [Theory]
    [MemberData(nameof(Asking))]
    public async Task A_page_is_no_host(string verb)
    {
        using var host = new Stranger(Reply("<!DOCTYPE html>\n<title>It works!</title>\n"));
        (await Verb.RunAsync([.. verb.Split(' '), "--url", host.Url])).Should().Be((Refused, "That is no RestMQ host: what it replies is none of RestMQ's."));
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
    public async Task Nor_is_what_replies_in_JSON_of_its_own(string verb, string reply)
    {
        using var host = new Stranger(Reply(reply));
        (await Verb.RunAsync([.. verb.Split(' '), "--url", host.Url])).Should().Be((Refused, "That is no RestMQ host: what it replies is none of RestMQ's."));
    }

    private static string Reply(string body, int? length = null) => $"HTTP/1.1 200 OK\r\nContent-Length: {length ?? body.Length}\r\n\r\n{body}";

    /// <summary>Says the same to all that ask, and hangs up.</summary>
    private sealed class Stranger : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Stranger(string reply, bool resets = false)
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
                    // Until the other side has gone too: to close before it has read all would be a reset.
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
