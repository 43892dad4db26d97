using System.Net;

namespace RestMq.Server;

/// <summary>
/// Tests the host names that the sample host answers to. A page whose name resolves to this machine (DNS rebinding) is a
/// page of this host, unless its name is refused.
/// </summary>
public sealed class HostNameTests
{
    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST:8888", true)]
    [InlineData("mq.localhost", true)]
    [InlineData("127.0.0.1:8888", true)]
    [InlineData("127.1.2.3", true)]
    [InlineData("[::1]:8888", true)]
    [InlineData("evil.example", false)]
    [InlineData("evil", false)]
    [InlineData("0.0.0.0:8888", false)]
    [InlineData("10.0.0.9", false)]
    [InlineData("127.1", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("0x7f.0.0.1", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("[::ffff:127.0.0.1]", false)]
    public async Task Request_LoopbackHost_AnswersLocalNamesOnly(string name, bool isLocal)
    {
        await using var host = SampleHost.OverKestrel();
        foreach (var (line, body) in new[] { ("POST /q/a", "value=x"), ("GET /q/a", null), ("GET /stats", null), ("POST /queue", """{"cmd":"len","queue":"a"}"""), ("GET /openapi/v1.json", null) })
        {
            using var reply = await host.SendAsync(line, body, ("Host", name));
            reply.StatusCode.Should().Be(isLocal ? HttpStatusCode.OK : HttpStatusCode.MisdirectedRequest, "{0} for {1}", line, name);
            if (isLocal) continue;
            var problem = await Task.FromResult(reply).IsAsync(HttpStatusCode.MisdirectedRequest);
            problem.GetProperty("type").GetString().Should().Be("urn:restmq:unknown-host");
            problem.GetProperty("detail").GetString().Should().Contain($"'{name}'").And.Contain("--AllowedHosts=");
        }
        await host.SendAsync("GET /health/live", null, ("Host", name)).IsAsync(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("mq.example.org;*.shop.example", "mq.example.org", true)]
    [InlineData("mq.example.org;*.shop.example", "MQ.example.org:8443", true)]
    [InlineData("mq.example.org;*.shop.example", "a.shop.example", true)]
    [InlineData("mq.example.org;*.shop.example", "localhost", false)]
    [InlineData("mq.example.org;*.shop.example", "evil.example", false)]
    [InlineData("*", "evil.example", true)]
    public async Task Request_AllowedHosts_AnswersTheseNames(string setting, string name, bool isAllowed)
    {
        await using var host = SampleHost.OverKestrel(("AllowedHosts", setting));
        await host.SendAsync("POST /q/a", "value=x", ("Host", name)).IsAsync(isAllowed ? HttpStatusCode.OK : HttpStatusCode.MisdirectedRequest);
    }

    [Fact]
    public async Task AllowedHosts_Changed_AppliesToNextRequest()
    {
        await using var host = SampleHost.OverKestrel();
        await host.SendAsync("GET /q/a", null, ("Host", "mq.example.org")).IsAsync(HttpStatusCode.MisdirectedRequest);
        host.Change(("AllowedHosts", "mq.example.org"));
        await host.SendAsync("GET /q/a", null, ("Host", "mq.example.org")).IsAsync(HttpStatusCode.NoContent);
        await host.SendAsync("GET /q/a", null, ("Host", "localhost")).IsAsync(HttpStatusCode.MisdirectedRequest);
    }

    [Fact]
    public async Task Request_ManyMachinesHost_AnswersEveryNameButAdminToLocalNames()
    {
        await using var host = SampleHost.OverKestrel(("urls", "http://0.0.0.0:0"));
        using var client = Local(host);
        await client.SendAsync(Request.Of("POST /q/a", "value=x", ("Host", "mq.example.org"))).IsAsync(HttpStatusCode.OK);
        await client.SendAsync(Request.Of("GET /stats", null, ("Host", "mq.example.org"))).IsAsync(HttpStatusCode.Forbidden);
        await client.SendAsync(Request.Of("GET /stats", null, ("Host", "localhost"))).IsAsync(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("http://0.0.0.0:0", null, true)]
    [InlineData("http://[::]:0", null, true)]
    [InlineData("http://127.0.0.1:0;http://*:0", null, true)]
    [InlineData("http://127.0.0.1:0", null, false)]
    [InlineData("http://[::1]:0", null, false)]
    [InlineData("http://0.0.0.0:0", "Access:Anonymous:0", false)]
    public async Task Start_OpenHost_WarnsOnce(string urls, string? rule, bool warns)
    {
        var log = new LogLines();
        await using var host = SampleHost.OverKestrel(log, [("urls", urls), .. rule is null ? Array.Empty<(string, string)>() : [(rule, "produce")]]);
        // The host logs it just after its start.
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (warns && log.Of(41).Count == 0) await Task.Delay(20, deadline.Token);
        var warnings = log.Of(41);
        warnings.Should().HaveCount(warns ? 1 : 0);
        if (warns) warnings[0].Should().Contain("every caller that reaches it may add, take and listen").And.Contain("section Access");
    }

    // A page can set every header except Host, so a name that a proxy's header tells must not count.
    [Theory]
    [InlineData("evil.example", "localhost", HttpStatusCode.MisdirectedRequest)]
    [InlineData("localhost", "mq.example.org", HttpStatusCode.OK)]
    public async Task Request_ForwardedHost_IsNotTheNameThatCounts(string name, string forwarded, HttpStatusCode status)
    {
        await using var host = SampleHost.OverKestrel(("Site:KnownProxies:0", "127.0.0.1"));
        await host.SendAsync("POST /q/a", "value=x", ("Host", name), ("X-Forwarded-Host", forwarded), ("X-Forwarded-For", "192.0.2.7")).IsAsync(status);
    }

    private static HttpClient Local(SampleHost host) => new() { BaseAddress = new Uri($"http://127.0.0.1:{host.Client.BaseAddress!.Port}") };
}
