using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace RestMq.Access;

/// <summary>
/// Tests that only local callers may administer, unless the site opens administration or has its own policy. A request
/// through a proxy, or from a browser for another site's page, is not local.
/// </summary>
public sealed class ClosedAdminTests
{
    private static readonly (string, string) FromAfar = (Addressed.Header, Site.Remote);

    public static TheoryData<string, string?> AdminRequests => new()
    {
        { "GET /q", null },
        { "DELETE /q/a", null },
        { "GET /p/a", null },
        { "POST /p/a", "policy=broadcast" },
        { "GET /control", null },
        { "GET /control/a", null },
        { "POST /control/a", "status=stop" },
        { "GET /stats", null },
        { "GET /stats/a", null },
        { "GET /j/a", null },
        { "POST /queue", """{"cmd":"purge","queue":"a"}""" },
        { "POST /queue", """{"cmd":"stop","queue":"a"}""" },
        { "POST /queue", """{"cmd":"queues"}""" },
    };

    [Theory]
    [MemberData(nameof(AdminRequests))]
    public async Task Admin_RemoteCaller_IsRefusedWithAdvice(string line, string? body)
    {
        await using var site = await Site.StartAsync(app => app.MapRestMq());
        var refusal = await site.SendAsync(line, body, FromAfar).IsAsync(HttpStatusCode.Forbidden);
        refusal.GetProperty(line.Contains("/queue") ? "error" : "detail").GetString().Should().Contain("RequireAuthorization(RestMqRole.Admin").And.Contain("AllowAnonymous()");
        await site.SendAsync(line, body).IsAsync(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("POST /q/a", "value=x")]
    [InlineData("POST /queue", """{"cmd":"add","queue":"a","value":1}""")]
    [InlineData("HEAD /q/a", null)]
    [InlineData("GET /", null)]
    public async Task Request_RemoteCallerOutsideAdmin_IsAllowed(string line, string? body)
    {
        await using var site = await Site.StartAsync(app => app.MapRestMq());
        await site.SendAsync(line, body, FromAfar).IsAsync(HttpStatusCode.OK);
    }

    // Headers of requests, and whether the caller is then on this machine. The marks of proxies are in
    // docs/how-to/secure-a-host.md.
    public static TheoryData<string, string, bool> Callers
    {
        get
        {
            var data = new TheoryData<string, string, bool>
            {
                { "Accept", "*/*", true },
                { "From-Address", "::1", true },
                { "From-Address", "127.0.0.2", true },
                { "From-Address", "::ffff:127.0.0.1", true },
                { "From-Address", "10.0.0.1", false },
                { "Sec-Fetch-Site", "cross-site", false },
                { "Sec-Fetch-Site", "same-site", false },
                { "Sec-Fetch-Site", "same-origin", true },
                { "Sec-Fetch-Site", "none", true },
                { "Origin", "https://evil.example", false },
                { "Origin", "http://localhost:3000", false },
                { "Origin", "null", false },
                { "Origin", "http://localhost", true },
                { "Origin", "http://localhost:80", true },
            };
            string[] marks =
            [
                "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server", "X-Forwarded",
                "X-Original-For", "X-Original-Host", "X-Original-Forwarded-For", "X-Real-IP", "Forwarded", "Forwarded-For", "Via",
                "CF-Connecting-IP", "CF-Ray", "CF-Visitor", "CDN-Loop", "True-Client-IP", "X-Client-IP", "Client-IP", "X-Cluster-Client-IP",
                "X-Envoy-External-Address", "X-Envoy-Internal", "Fastly-Client-IP", "Fastly-FF", "Akamai-Origin-Hop", "X-Amzn-Trace-Id", "X-Amz-Cf-Id",
                "CloudFront-Viewer-Address", "X-Azure-ClientIP", "X-Azure-SocketIP", "X-ARR-LOG-ID", "Fly-Client-IP", "Tailscale-User-Login",
                "X-Nginx-Proxy", "Proxy-Client-IP", "WL-Proxy-Client-IP", "X-ProxyUser-Ip", "Front-End-Https", "X-Vercel-Id", "Max-Forwards",
                "Do-Connecting-IP", "x-real-ip",
            ];
            foreach (var mark in marks) data.Add(mark, "127.0.0.1", false);
            foreach (var name in new[] { "localhost:8888", "LocalHost", "127.0.0.1:8888", "127.8.9.10", "[::1]:8888", "mq.localhost" }) data.Add("Host", name, true);
            string[] others =
            [
                "evil.example", "evil", "0.0.0.0", "0.0.0.0:8888", "10.0.0.9", "127.1", "127.0.1", "0177.0.0.1", "2130706433", "127.0.0.1.evil.example",
                ".localhost", "localhost.evil.example", "xlocalhost", "[::]", "[::ffff:127.0.0.1]", "127.evil.example",
            ];
            foreach (var name in others) data.Add("Host", name, false);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Callers))]
    public async Task Admin_RequestHeader_DecidesWhetherLocal(string header, string value, bool local)
    {
        foreach (var environment in new[] { "Production", "Development" })
        {
            await using var site = await Site.StartAsync(app => app.MapRestMq(), environment: environment);
            await site.SendAsync("GET /stats", null, (header, value)).IsAsync(local ? HttpStatusCode.OK : HttpStatusCode.Forbidden);
            await site.SendAsync("POST /queue", """{"cmd":"purge","queue":"a"}""", (header, value)).IsAsync(local ? HttpStatusCode.OK : HttpStatusCode.Forbidden);
        }
    }

    [Fact]
    public async Task Admin_Http10_IsNotLocal()
    {
        await using var site = await Site.StartAsync(app => app.MapRestMq(), configure: null, before: context => context.Request.Protocol = "HTTP/1.0");
        await site.SendAsync("GET /stats").IsAsync(HttpStatusCode.Forbidden);
        await site.SendAsync("POST /q/a", "value=x").IsAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Admin_AllowAnonymous_IsOpen()
    {
        await using var site = await Site.StartAsync(app => app.MapRestMq().AllowAnonymous());
        await site.SendAsync("GET /stats", null, FromAfar).IsAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Admin_OwnPolicy_ReplacesRule()
    {
        await using var site = await Site.StartAsync(
            app => app.MapRestMq().RequireAuthorization(RestMqRole.Admin, policy => policy.RequireAssertion(asked =>
                ((RestMqAccess)asked.Resource!).Context.Request.Headers.ContainsKey("Ops"))),
            builder => builder.Services.AddAuthorization());
        await site.SendAsync("GET /stats", null, FromAfar, ("Ops", "1")).IsAsync(HttpStatusCode.OK);
        await site.SendAsync("GET /stats").IsAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Admin_FrameworkRequireAuthorization_ReplacesRule()
    {
        await using var site = await Site.StartAsync(
            app => app.MapRestMq().RequireAuthorization("ops"),
            builder => builder.Services.AddAuthorization(options => options.AddPolicy("ops", policy => policy.RequireAssertion(_ => true))));
        await site.SendAsync("GET /stats", null, FromAfar).IsAsync(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(true, HttpStatusCode.OK)]
    [InlineData(false, HttpStatusCode.Forbidden)]
    public async Task Admin_FallbackPolicy_ReplacesRule(bool lets, HttpStatusCode status)
    {
        var policy = new AuthorizationPolicyBuilder().RequireAssertion(asked => lets || asked.Resource is not RestMqAccess).Build();
        await using var site = await Site.StartAsync(
            app => app.MapRestMq(), builder => builder.Services.AddAuthorization(options => options.FallbackPolicy = policy));
        await site.SendAsync("GET /stats", null, FromAfar).IsAsync(status);
    }
}
