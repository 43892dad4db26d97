using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.Extensions.Options;

namespace RestMq.Server;

/// <summary>Tests proxies, requests of other sites' pages, and rate limits of the sample host.</summary>
public sealed class SiteTests
{
    private static readonly (string, string) Proxied = ("X-Forwarded-For", "192.0.2.7");

    [Fact]
    public async Task ForwardedHeaders_KnownProxy_AreTrusted()
    {
        (string, string)[] settings = [("Site:KnownProxies:0", "10.0.0.0/8"), ("Access:Networks:RestProducer:Allow:0", "192.0.2.7")];
        await using var host = new SampleHost(settings);
        await host.SendAsync("POST /q/a", "value=x", (Addressed.Header, "10.0.0.1"), Proxied).IsAsync(HttpStatusCode.OK);
        await host.SendAsync("POST /q/a", "value=x", (Addressed.Header, "192.0.2.9"), Proxied).IsAsync(HttpStatusCode.Forbidden);
        await host.SendAsync("POST /q/a", "value=x", (Addressed.Header, "10.0.0.1")).IsAsync(HttpStatusCode.Forbidden);
        // The client itself wrote the first address, so only the last one is trusted.
        await host.SendAsync("POST /q/a", "value=x", (Addressed.Header, "10.0.0.1"), ("X-Forwarded-For", "192.0.2.7, 192.0.2.8")).IsAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Links_KnownProxy_UseForwardedHost()
    {
        await using var host = new SampleHost(("Site:KnownProxies:0", "127.0.0.1"));
        using var reply = await host.SendAsync("POST /q/a", "value=x", Proxied, ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "mq.example.org"), ("X-Forwarded-Prefix", "/queues"));
        reply.Headers.Location.Should().Be("https://mq.example.org/queues/q/a/a:1");
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Admin_ForwardedClient_IsNotLocal(string client)
    {
        await using var host = new SampleHost(("Site:KnownProxies:0", "127.0.0.1"));
        await host.SendAsync("GET /stats").IsAsync(HttpStatusCode.OK);
        await host.SendAsync("GET /stats", null, ("X-Forwarded-For", client)).IsAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task PathBase_Request_IsFoundAndLinked()
    {
        await using var host = new SampleHost(("Site:PathBase", "/mq"));
        using var reply = await host.SendAsync("POST /mq/q/a", "value=x");
        reply.Headers.Location.Should().Be("http://localhost/mq/q/a/a:1");
    }

    [Fact]
    public async Task Cors_NamedOrigin_IsAllowed()
    {
        await using var host = new SampleHost(("Site:Origins:0", "https://shop.example"));
        using var preflight = await host.SendAsync("OPTIONS /q/a", null, ("Origin", "https://shop.example"), ("Access-Control-Request-Method", "DELETE"), ("Access-Control-Request-Headers", "x-api-key"));
        preflight.Headers.GetValues("Access-Control-Allow-Origin").Should().Equal("https://shop.example");
        preflight.Headers.GetValues("Access-Control-Allow-Headers").Should().Equal("x-api-key");
        using var other = await host.SendAsync("GET /q/a", null, ("Origin", "https://evil.example"));
        other.Headers.Contains("Access-Control-Allow-Origin").Should().BeFalse();
    }

    [Fact]
    public async Task Cors_NamedOrigin_AllowsCredentials()
    {
        await using var host = new SampleHost(("Site:Origins:0", "https://shop.example"));
        using var preflight = await host.SendAsync("OPTIONS /c/a", null, ("Origin", "https://shop.example"), ("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "last-event-id"));
        preflight.Headers.GetValues("Access-Control-Allow-Credentials").Should().Equal("true");
        using var reply = await host.SendAsync("GET /q/a", null, ("Origin", "https://shop.example"));
        reply.Headers.GetValues("Access-Control-Allow-Credentials").Should().Equal("true");
        reply.Headers.GetValues("Access-Control-Allow-Origin").Should().Equal("https://shop.example");
        using var other = await host.SendAsync("GET /q/a", null, ("Origin", "https://evil.example"));
        other.Headers.Contains("Access-Control-Allow-Credentials").Should().BeFalse();

        await using var open = new SampleHost(("Site:Origins:0", "*"));
        using var any = await open.SendAsync("GET /q/a", null, ("Origin", "https://evil.example"));
        any.Headers.GetValues("Access-Control-Allow-Origin").Should().Equal("*");
        any.Headers.Contains("Access-Control-Allow-Credentials").Should().BeFalse("the credentials are for named origins only");
    }

    // The host's own pages have the origin that the request names as its host. The name of another site that resolves to
    // this machine (DNS rebinding) is refused.
    [Theory]
    [InlineData("https://shop.example", "", HttpStatusCode.SwitchingProtocols)]
    [InlineData("https://evil.example", "", HttpStatusCode.Forbidden)]
    [InlineData("null", "", HttpStatusCode.Forbidden)]
    [InlineData("http://{host}", "", HttpStatusCode.SwitchingProtocols)]
    [InlineData("https://{host}", "", HttpStatusCode.SwitchingProtocols)]
    [InlineData("http://127.0.0.1:1", "", HttpStatusCode.Forbidden)]
    [InlineData("http://localhost:8888", "Host: localhost:8888", HttpStatusCode.SwitchingProtocols)]
    [InlineData("http://evil.example:8888", "Host: evil.example:8888", HttpStatusCode.MisdirectedRequest)]
    public async Task WebSocket_NamedOrOwnOrigin_IsAllowed(string origin, string headers, HttpStatusCode status)
    {
        await using var host = SampleHost.OverKestrel(("Site:Origins:0", "https://shop.example"));
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("Origin", origin.Replace("{host}", host.Client.BaseAddress!.Authority));
        foreach (var header in headers.Split(';', StringSplitOptions.RemoveEmptyEntries))
            socket.Options.SetRequestHeader(header.Split(": ")[0], header.Split(": ")[1]);
        var url = new UriBuilder(host.Client.BaseAddress!) { Scheme = "ws", Path = "/c/a" }.Uri;
        try
        {
            await socket.ConnectAsync(url, Request.Deadline);
        }
        catch (WebSocketException)
        {
            // The assertion below checks the status of the failed upgrade.
        }
        socket.HttpStatusCode.Should().Be(status);
    }

    [Fact]
    public async Task Add_LargeMessageWithinOptions_IsAccepted()
    {
        await using var host = SampleHost.OverKestrel(("RestMq:MaxMessageBytes", "40000000"));
        using var reply = await host.Client.PostAsync("/q/large", new ByteArrayContent(new byte[35_000_000]));
        reply.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task RateLimit_Exceeded_Returns429PerCaller()
    {
        await using var host = new SampleHost(("Site:RequestsPerSecond", "1"), ("Site:Burst", "3"));
        using var stream = await host.Client.SendAsync(Request.Of("GET /c/a"), HttpCompletionOption.ResponseHeadersRead);
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 10; i++) statuses.Add((await host.SendAsync("HEAD /q/a")).StatusCode);
        statuses.Should().Contain(HttpStatusCode.OK).And.Contain(HttpStatusCode.TooManyRequests);

        HttpResponseMessage refused;
        do refused = await host.SendAsync("GET /q/a");
        while (refused.StatusCode != HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta.Should().Be(TimeSpan.FromSeconds(1));
        refused.Headers.CacheControl!.NoStore.Should().BeTrue();
        refused.Headers.GetValues("X-Content-Type-Options").Should().Equal("nosniff");
        refused.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
        (await Task.FromResult(refused).IsAsync(HttpStatusCode.TooManyRequests)).GetProperty("type").GetString().Should().Be("urn:restmq:too-many-requests");
        await host.SendAsync("HEAD /q/a", null, (Addressed.Header, Site.Remote)).IsAsync(HttpStatusCode.OK);
        await host.SendAsync("GET /health/live").IsAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task RateLimit_Frames_ShareCallersBucket()
    {
        await using var host = new SampleHost(("Site:RequestsPerSecond", "1"), ("Site:Burst", "4"));
        using var socket = await host.Server.CreateWebSocketClient().ConnectAsync(new Uri(host.Server.BaseAddress, "/ws/a"), Request.Deadline);
        // The socket also receives the messages of its stream, which have neither a queue nor an error. Skips them.
        async Task<string> AskAsync(string command)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(command), WebSocketMessageType.Text, true, Request.Deadline);
            while (true)
            {
                var frame = await socket.ReadAsync();
                if (frame.Contains("\"queue\"") || frame.Contains("\"error\"")) return frame;
            }
        }
        var replies = new List<string>();
        for (var i = 0; i < 20; i++) replies.Add(await AskAsync("""{"cmd":"add","queue":"b","value":1}"""));
        var added = replies.Count(reply => reply.Contains("\"key\":\"b:"));
        added.Should().BeInRange(1, 19);
        replies.Where(reply => !reply.Contains("\"key\"")).Should().HaveCount(20 - added)
            .And.AllBe("""{"error":"too many requests: this command exceeds the host's rate limit and was not done. Send it again in 1 s."}""");
        (await host.SendAsync("GET /stats/b", null, (Addressed.Header, "::1")).IsAsync(HttpStatusCode.OK)).GetProperty("added").GetInt32().Should().Be(added,
            "the refused commands added nothing");

        HttpStatusCode status;
        do status = (await host.SendAsync("HEAD /q/a")).StatusCode;
        while (status == HttpStatusCode.OK);
        status.Should().Be(HttpStatusCode.TooManyRequests, "requests and frames share one bucket");
        string reply;
        do reply = await AskAsync("""{"cmd":"len","queue":"b"}""");
        while (reply.StartsWith("{\"error\":\"too many"));
        reply.Should().Be($$"""{"queue":"b","len":{{added}}}""",
            "the socket stays open, and each second allows one command");
    }

    [Fact]
    public void Start_InvalidSettings_ReportsAll()
    {
        var start = () => new SampleHost(
            ("Site:KnownProxies:0", "nginx"), ("Site:Origins:0", "shop.example"), ("Site:Origins:1", "https://shop.example/"), ("Site:RequestsPerSecond", "-1"), ("Site:MinUploadRate", "-2"), ("Site:PathBase", "mq"));
        start.Should().Throw<OptionsValidationException>().Which.Failures.Should().HaveCount(6);
        var misspelt = () => new SampleHost(("Site:Proxies:0", "127.0.0.1"));
        misspelt.Should().Throw<OptionsValidationException>().WithMessage("*Proxies*");
        var option = () => new SampleHost(("RestMq:MaxBatch", "0"), ("RestMq:Wait", "3"));
        option.Should().Throw<OptionsValidationException>().Which.Failures.Should().HaveCount(2);
    }
}
