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

    [Theory]
    [InlineData("From-Address", "::1", true)]
    [InlineData("From-Address", "::ffff:127.0.0.1", true)]
    [InlineData("From-Address", "10.0.0.1", false)]
    [InlineData("X-Forwarded-For", "127.0.0.1", false)]
    [InlineData("Forwarded", "for=127.0.0.1", false)]
    [InlineData("X-Real-IP", "127.0.0.1", false)]
    [InlineData("X-Original-For", "127.0.0.1", false)]
    [InlineData("Via", "1.1 proxy", false)]
    [InlineData("Sec-Fetch-Site", "cross-site", false)]
    [InlineData("Sec-Fetch-Site", "same-site", false)]
    [InlineData("Sec-Fetch-Site", "same-origin", true)]
    [InlineData("Sec-Fetch-Site", "none", true)]
    [InlineData("Origin", "https://evil.example", false)]
    [InlineData("Origin", "http://localhost:3000", false)]
    [InlineData("Origin", "null", false)]
    [InlineData("Origin", "http://localhost", true)]
    [InlineData("Origin", "http://localhost:80", true)]
    [InlineData("Host", "evil.example", false)]
    [InlineData("Host", "localhost:8888", true)]
    [InlineData("Host", "127.0.0.1:8888", true)]
    [InlineData("Host", "[::1]:8888", true)]
    [InlineData("Host", "mq.localhost", true)]
    public async Task Admin_RequestHeader_DecidesWhetherLocal(string header, string value, bool local)
    {
        await using var site = await Site.StartAsync(app => app.MapRestMq());
        await site.SendAsync("GET /stats", null, (header, value)).IsAsync(local ? HttpStatusCode.OK : HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Admin_Development_IsOpen()
    {
        await using var site = await Site.StartAsync(app => app.MapRestMq(), environment: "Development");
        await site.SendAsync("GET /stats", null, FromAfar).IsAsync(HttpStatusCode.OK);
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
