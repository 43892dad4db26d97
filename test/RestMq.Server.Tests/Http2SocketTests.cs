using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace RestMq.Server;

/// <summary>
/// Tests WebSockets over HTTP/2 (extended CONNECT, RFC 8441), as Chromium opens them where it has an HTTP/2 connection:
/// they have neither the method GET nor an <c>Upgrade</c> header.
/// </summary>
public sealed class Http2SocketTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("restmq-h2-");

    [Theory]
    [InlineData("/ws/a")]
    [InlineData("/c/a")]
    public async Task Socket_OverHttp2_CarriesMessagesAndCommands(string path)
    {
        await using var host = Start();
        using var socket = await OpenAsync(host, path);
        socket.State.Should().Be(WebSocketState.Open);
        socket.SubProtocol.Should().Be("restmq");

        (await socket.AskAsync("""{"cmd":"len"}""")).Should().Be("""{"queue":"a","len":0}""");
        (await socket.AskAsync("""{"cmd":"add","queue":"b","value":1}""")).Should().Be("""{"queue":"b","value":1,"key":"b:1"}""");
        await socket.SendAsync("""{"cmd":"add","value":"both"}"""u8.ToArray(), WebSocketMessageType.Text, true, Request.Deadline);
        string[] frames = [await socket.ReadAsync(), await socket.ReadAsync()];
        frames.Should().Contain("""{"key":"a:1","value":"both","count":1,"id":1}""");

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", Request.Deadline);
        socket.CloseStatus.Should().Be(WebSocketCloseStatus.NormalClosure);
        socket.CloseStatusDescription.Should().Be("bye");
    }

    [Fact]
    public async Task Socket_OverHttp2Aborted_LeavesQueue()
    {
        await using var host = Start();
        var engine = host.Services.GetRequiredService<IQueueEngine>();
        var queue = QueueName.Parse("a");
        using (var socket = await OpenAsync(host, "/ws/a?lease=300"))
        {
            await engine.AddAsync(queue, new NewMessage(MessageBody.FromText("one")));
            (await socket.ReadAsync()).Should().Contain("\"receipt\":\"a:1.1\"");
            socket.Abort();
        }
        var deadline = Request.Deadline;
        while (await engine.StatsAsync(queue, deadline) is not { Consumers: 0, Ready: 1, Leased: 0 }) await Task.Delay(5, deadline);
    }

    [Theory]
    [InlineData("https://shop.example", HttpStatusCode.OK)]
    [InlineData("https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("own", HttpStatusCode.OK)]
    public async Task Origin_OverHttp2_IsChecked(string origin, HttpStatusCode status)
    {
        await using var host = Start(("Site:Origins:0", "https://shop.example"));
        (await StatusAsync(host, "/c/a", ("Origin", origin == "own" ? AddressOf(host).GetLeftPart(UriPartial.Authority) : origin))).Should().Be(status);
    }

    [Theory]
    [InlineData("/ws/a", null, HttpStatusCode.Unauthorized)]
    [InlineData("/ws/a", "socket", HttpStatusCode.OK)]
    [InlineData("/ws/b", "socket", HttpStatusCode.Forbidden)]
    [InlineData("/ws/a", "comet", HttpStatusCode.Forbidden)]
    [InlineData("/c/a", "comet", HttpStatusCode.Forbidden)]
    [InlineData("/c/a", "socket", HttpStatusCode.OK)]
    public async Task Access_OverHttp2_IsOfCategoryWebSocket(string path, string? key, HttpStatusCode status)
    {
        await using var host = Start(
            ("Access:Keys:0:Name", "socket"), ("Access:Keys:0:Secret", "socket"), ("Access:Keys:0:Roles:0", "WebSocketConsumer"), ("Access:Keys:0:Queues:0", "a"),
            ("Access:Keys:1:Name", "comet"), ("Access:Keys:1:Secret", "comet"), ("Access:Keys:1:Roles:0", "CometConsumer"));
        (await StatusAsync(host, path + (key is null ? "" : $"?api_key={key}"))).Should().Be(status);
    }

    [Fact]
    public async Task AclFileCookie_OverHttp2_IsAccepted()
    {
        var file = Path.Combine(_folder.FullName, "acl.conf");
        await File.WriteAllTextAsync(file, "[websocket:consumer]\nusername = lerr\npassword = lerr\n");
        await using var host = Start(("Access:AclFile", file));
        (await StatusAsync(host, "/ws/a")).Should().Be(HttpStatusCode.Unauthorized);
        (await StatusAsync(host, "/ws/a", ("Cookie", "auth=lerr:lerr"))).Should().Be(HttpStatusCode.OK);
        (await StatusAsync(host, "/ws/a", ("Cookie", "auth=lerr:other"))).Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task RateLimit_OverHttp2_CountsFramesAndSockets()
    {
        await using var host = Start(("Site:RequestsPerSecond", "1"), ("Site:Burst", "3"));
        using var socket = await OpenAsync(host, "/ws/a");
        var replies = new List<string>();
        for (var i = 0; i < 10; i++) replies.Add(await socket.AskAsync("""{"cmd":"len"}"""));
        replies.Should().Contain(reply => reply.Contains("\"len\"")).And.Contain(reply => reply.Contains("too many requests"));
        (await StatusAsync(host, "/ws/a")).Should().Be(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task OpenApi_Document_OmitsConnect()
    {
        await using var host = Start();
        using var client = new HttpClient(Handler());
        var document = await client.GetStringAsync(new Uri(AddressOf(host), "/openapi/v1.json"));
        document.Should().Contain("/ws/{queue}").And.NotContainEquivalentOf("\"connect");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private SampleHost Start(params (string, string)[] settings)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var pfx = Path.Combine(_folder.FullName, "host.pfx");
        File.WriteAllBytes(pfx, certificate.Export(X509ContentType.Pfx, "pass"));
        return SampleHost.OverKestrel([
            ("urls", "https://127.0.0.1:0"), ("Kestrel:Certificates:Default:Path", pfx), ("Kestrel:Certificates:Default:Password", "pass"), .. settings,
        ]);
    }

    private static Uri AddressOf(SampleHost host) =>
        new(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    private static async Task<ClientWebSocket> OpenAsync(SampleHost host, string target, params (string Name, string Value)[] headers)
    {
        var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.AddSubProtocol("restmq");
        foreach (var (name, value) in headers) socket.Options.SetRequestHeader(name, value);
        var invoker = new HttpMessageInvoker(Handler()); // The socket ends with its connection, so it is not disposed here.
        try
        {
            await socket.ConnectAsync(new UriBuilder(new Uri(AddressOf(host), target)) { Scheme = "wss" }.Uri, invoker, Request.Deadline);
        }
        catch (WebSocketException) when (socket.HttpStatusCode != 0)
        {
            // The caller reads the status.
        }
        return socket;
    }

    private static async Task<HttpStatusCode> StatusAsync(SampleHost host, string target, params (string Name, string Value)[] headers)
    {
        using var socket = await OpenAsync(host, target, headers);
        return socket.HttpStatusCode;
    }

    private static SocketsHttpHandler Handler() =>
        new() { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true }, UseCookies = false };
}
