using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace RestMq.Access;

/// <summary>
/// Tests requests that a browser sends for another site's page, with the headers that browsers add. They are refused
/// on every route and for every role, and change nothing.
/// </summary>
public sealed class ForeignPageTests
{
    private const string Vault = """{"key":"vault:1","value":"secret","count":1}""";

    // Each route with the request that would change, take or read. A new route joins by a row.
    public static TheoryData<string, string?> Requests => new()
    {
        { "POST /", "queue=vault&value=x" },
        { "POST /?queue=vault", "value=x" },
        { "GET /?queue=vault", null },
        { "GET /q", null },
        { "GET /q/vault", null },
        { "GET /q/vault?max=1000", null },
        { "GET /q/vault?lease=3600", null },
        { "HEAD /q/vault", null },
        { "POST /q/vault", "value=x" },
        { "DELETE /q/vault", null },
        { "GET /q/vault/vault:1", null },
        { "DELETE /q/vault/vault:1", null },
        { "POST /q/vault/vault:1.1", "bury=x" },
        { "GET /queue", null },
        { "POST /queue", """{"cmd":"purge","queue":"vault"}""" },
        { "POST /queue", """{"cmd":"add","queue":"vault","value":1}""" },
        { "POST /queue", """body={"cmd":"take","queue":"vault"}""" },
        { "POST /queue/vault", """{"cmd":"stop"}""" },
        { "GET /c/vault", null },
        { "GET /ws/vault", null },
        { "POST /xmlrpc", "<?xml version='1.0'?><methodCall><methodName>take</methodName><params><param><value>vault</value></param></params></methodCall>" },
        { "GET /p/vault", null },
        { "POST /p/vault", "policy=roundrobin" },
        { "GET /control", null },
        { "POST /control/vault", "status=stop" },
        { "GET /stats", null },
        { "GET /stats/vault", null },
        { "GET /j/vault", null },
        { "POST /j/vault/purge", "state=all" },
        { "GET /own", null },
    };

    private static readonly string[] Signs =
    [
        "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://evil.example", "Origin: http://localhost:3000", "Origin: null",
        "Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: no-cors|Sec-Fetch-Dest: script",
        "Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: iframe",
        "Sec-Fetch-Site: same-site|Origin: http://localhost",
    ];

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Request_OfForeignPage_IsRefusedAndChangesNothing(string line, string? body)
    {
        foreach (var isOpen in new[] { false, true })
        {
            await using var site = await VaultAsync(isOpen);
            foreach (var sign in Signs)
            {
                using var reply = await site.Client.SendAsync(Request.Of(line, body, Headers(sign)), HttpCompletionOption.ResponseHeadersRead);
                reply.StatusCode.Should().Be(HttpStatusCode.Forbidden, "of {0}", sign);
                if (line.StartsWith("HEAD")) continue;
                var refusal = await Task.FromResult(reply).IsAsync(HttpStatusCode.Forbidden);
                refusal.GetProperty("detail").GetString().Should().Contain("Site:Origins").And.Contain("AllowOrigins(");
            }
            await IsUntouchedAsync(site);
        }
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Request_OfOwnPageOrOtherClient_IsAllowed(string line, string? body)
    {
        foreach (var sign in new[] { "Accept: */*", "Sec-Fetch-Site: same-origin|Origin: http://localhost", "Sec-Fetch-Site: none", "Origin: http://localhost:80" })
        {
            await using var site = await VaultAsync(isOpen: false);
            using var reply = await site.Client.SendAsync(Request.Of(line, body, Headers(sign)), HttpCompletionOption.ResponseHeadersRead);
            reply.StatusCode.Should().NotBe(HttpStatusCode.Forbidden);
        }
    }

    [Theory]
    [InlineData("GET /q/vault", 403)]
    [InlineData("GET /q/vault?max=1000&lease=3600", 403)]
    [InlineData("GET /?queue=vault", 403)]
    [InlineData("GET /?%71ueue=vault", 403)]
    [InlineData("GET /c/vault", 403)]
    [InlineData("GET /ws/vault", 403)]
    [InlineData("POST /q/vault", 403)]
    [InlineData("DELETE /q/vault", 403)]
    [InlineData("GET /", 302)]
    [InlineData("GET /queue", 200)]
    [InlineData("GET /q", 200)]
    [InlineData("GET /j/vault", 200)]
    [InlineData("GET /stats/vault", 200)]
    [InlineData("GET /q/vault/vault:1", 200)]
    public async Task Link_OnForeignPage_OnlyShows(string line, int status)
    {
        await using var site = await VaultAsync(isOpen: true);
        using var reply = await site.SendAsync(
            line, null, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Accept", "text/html"));
        ((int)reply.StatusCode).Should().Be(status);
        await IsUntouchedAsync(site);
    }

    [Theory]
    [InlineData("https://shop.example", HttpStatusCode.OK)]
    [InlineData("HTTPS://SHOP.EXAMPLE", HttpStatusCode.OK)]
    [InlineData("https://shop.example.evil.example", HttpStatusCode.Forbidden)]
    [InlineData("https://shop.example:444", HttpStatusCode.Forbidden)]
    [InlineData("http://shop.example", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    [InlineData(null, HttpStatusCode.Forbidden)]
    public async Task AllowOrigins_EachOrigin_IsAllowedIfListed(string? origin, HttpStatusCode status)
    {
        await using var site = await Site.StartAsync(app => app.MapRestMq().AllowOrigins("https://shop.example"));
        (string, string)[] headers = origin is null ? [("Sec-Fetch-Site", "cross-site")] : [("Sec-Fetch-Site", "cross-site"), ("Origin", origin)];
        await site.SendAsync("POST /q/a", "value=x", headers).IsAsync(status);
        await site.SendAsync("DELETE /q/a", null, headers).IsAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task AllowOrigins_Star_AllowsEveryPage()
    {
        await using var site = await Site.StartAsync(app => app.MapRestMq().AllowOrigins("*"));
        await site.SendAsync("POST /q/a", "value=x", ("Origin", "null")).IsAsync(HttpStatusCode.OK);
        await site.SendAsync("GET /q/a", null, ("Sec-Fetch-Site", "cross-site")).IsAsync(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("https://shop.example/")]
    [InlineData("https://shop.example/page")]
    [InlineData("shop.example")]
    [InlineData("")]
    public async Task AllowOrigins_NoOrigin_Throws(string origin)
    {
        var start = () => Site.StartAsync(app => app.MapRestMq().AllowOrigins(origin));
        await start.Should().ThrowAsync<ArgumentException>().WithMessage($"*'{origin}'*");
    }

    [Fact]
    public async Task Request_OfForeignPageWithPolicies_IsRefusedForEveryRole()
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                var group = app.MapRestMq();
                foreach (var role in Enum.GetValues<RestMqRole>()) group.RequireAuthorization(role, policy => policy.RequireAssertion(_ => true));
            },
            builder => builder.Services.AddAuthorization());
        await site.SendAsync("POST /q/a", "value=x", ("Origin", "https://evil.example")).IsAsync(HttpStatusCode.Forbidden);
        await site.SendAsync("DELETE /q/a", null, ("Sec-Fetch-Site", "same-site")).IsAsync(HttpStatusCode.Forbidden);
        await site.SendAsync("DELETE /q/a").IsAsync(HttpStatusCode.OK);
    }

    // The requests with a callback; each would change, take or read.
    public static TheoryData<string, string?> Callbacks => new()
    {
        { "GET /?queue=vault&callback=f", null },
        { "GET /?callback=f", null },
        { "GET /q?callback=f", null },
        { "GET /q/vault?callback=f", null },
        { "GET /q/vault?%63allback=f", null },
        { "POST /q/vault?callback=f", "value=x" },
        { "POST /q/vault", "value=x&callback=f" },
        { "POST /", "queue=vault&value=x&callback=f" },
        { "DELETE /q/vault?callback=f", null },
        { "GET /q/vault/vault:1?callback=f", null },
        { "POST /queue", """body={"cmd":"take","queue":"vault"}&callback=f""" },
        { "GET /c/vault?callback=f", null },
        { "GET /p/vault?callback=f", null },
        { "POST /p/vault", "policy=roundrobin&callback=f" },
        { "POST /control/vault", "status=stop&callback=f" },
        { "GET /control?callback=f", null },
        { "GET /control/vault?callback=f", null },
        { "GET /stats?callback=f", null },
        { "GET /stats/vault?callback=f", null },
        { "GET /j/vault?callback=f", null },
    };

    [Theory]
    [MemberData(nameof(Callbacks))]
    public async Task Callback_ByDefault_IsRefusedAndChangesNothing(string line, string? body)
    {
        await using var site = await VaultAsync(isOpen: true);
        var refusal = await site.SendAsync(line, body).IsAsync(HttpStatusCode.Forbidden);
        refusal.GetProperty(line.EndsWith("/queue") ? "error" : "detail").GetString().Should().Contain("Site:Jsonp=true").And.Contain("AllowJsonp()");
        await IsUntouchedAsync(site);
    }

    [Theory]
    [InlineData("GET /q/a?callback=f", "script", HttpStatusCode.OK)]
    [InlineData("GET /q/a?callback=f", "image", HttpStatusCode.Forbidden)]
    [InlineData("GET /q/a", "script", HttpStatusCode.Forbidden)]
    [InlineData("POST /q/a?callback=f", "script", HttpStatusCode.Forbidden)]
    [InlineData("GET /stats?callback=f", "script", HttpStatusCode.Forbidden)]
    public async Task AllowJsonp_ScriptOfForeignPage_IsAllowedOutsideAdmin(string line, string destination, HttpStatusCode status)
    {
        await using var site = await Site.StartAsync(app => app.MapRestMq().AllowJsonp());
        await site.SendAsync("POST /q/a", "value=x").IsAsync(HttpStatusCode.OK);
        using var reply = await site.SendAsync(line, null, ("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", destination));
        reply.StatusCode.Should().Be(status);
        if (status == HttpStatusCode.OK) (await reply.Content.ReadAsStringAsync()).Should().Be("f({\"key\":\"a:1\",\"value\":\"x\",\"count\":1});\r\n");
    }

    private static async Task<Site> VaultAsync(bool isOpen)
    {
        var site = await Site.StartAsync(app =>
        {
            var group = app.MapRestMq();
            var own = app.MapGet("/own", () => "numbers").RequireRestMqRole(RestMqRole.Consume);
            if (isOpen) group.AllowAnonymous();
            if (isOpen) own.AllowAnonymous();
        });
        await site.SendAsync("POST /q/vault", "value=secret").IsAsync(HttpStatusCode.OK);
        return site;
    }

    private static async Task IsUntouchedAsync(Site site)
    {
        var stats = await site.SendAsync("GET /stats/vault").IsAsync(HttpStatusCode.OK);
        (stats.GetProperty("ready").GetInt32(), stats.GetProperty("added").GetInt32(), stats.GetProperty("policy").GetString(), stats.GetProperty("status").GetInt32())
            .Should().Be((1, 1, "broadcast", 1));
        (await (await site.SendAsync("GET /q/vault")).Content.ReadAsStringAsync()).Should().Be(Vault + "\r\n");
    }

    private static (string, string)[] Headers(string text) =>
        [.. text.Split('|').Select(header => header.Split(": ")).Select(header => (header[0], header[1]))];
}
