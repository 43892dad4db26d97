using System.Net;
using System.Net.WebSockets;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RestMq.Access;

/// <summary>
/// Tests a site that authorizes by role and queue. A user with the grants <c>produce:a consume:b</c> may add to
/// <c>a</c> and take from <c>b</c>.
/// </summary>
public sealed class PolicyTests : IAsyncLifetime
{
    private Site _site = null!;

    public async Task InitializeAsync() => _site = await Site.StartAsync(
        app =>
        {
            var group = app.MapRestMq("/mq");
            foreach (var role in Enum.GetValues<RestMqRole>()) group.RequireAuthorization(role, "by queue");
        },
        builder =>
        {
            builder.Services.AddAuthentication("Test").AddScheme<AuthenticationSchemeOptions, TestScheme>("Test", null);
            builder.Services.AddAuthorization(options => options.AddPolicy("by queue", policy => policy.AddRequirements(new ByQueue())));
            builder.Services.AddSingleton<IAuthorizationHandler, ByQueueHandler>();
        });

    public async Task DisposeAsync() => await _site.DisposeAsync();

    public static TheoryData<string, string?, string> Needs => new()
    {
        { "POST /mq/?queue=a", "value=x", "produce:a" },
        { "POST /mq/", "queue=a&value=x", "produce:a" },
        { "GET /mq/?queue=a", null, "consume:a" },
        { "GET /mq/", null, "consume:" },
        { "GET /mq/q", null, "admin:" },
        { "GET /mq/q/a", null, "consume:a" },
        { "HEAD /mq/q/a", null, "consume:a" },
        { "HEAD /mq/?queue=a", null, "consume:a" },
        { "HEAD /mq/", null, "consume:" },
        { "HEAD /mq/q", null, "admin:" },
        { "HEAD /mq/q/a/a:1", null, "consume:a" },
        { "HEAD /mq/c/a", null, "stream:a" },
        { "HEAD /mq/stats/a", null, "admin:a" },
        { "HEAD /mq/j/a", null, "admin:a" },
        { "GET /mq/q/a?soft=1", null, "consume:a" },
        { "GET /mq/sse/a", null, "stream:a" },
        { "POST /mq/q/a", "value=x", "produce:a" },
        { "DELETE /mq/q/a", null, "admin:a" },
        { "GET /mq/q/a/a:1", null, "consume:a" },
        { "DELETE /mq/q/a/a:1", null, "consume:a" },
        { "POST /mq/q/a/a:1.1", "lease=3", "consume:a" },
        { "GET /mq/queue", null, "consume:" },
        { "GET /mq/c/a", null, "stream:a" },
        { "GET /mq/ws/a", null, "stream:a" },
        { "GET /mq/p/a", null, "admin:a" },
        { "POST /mq/p/a", "policy=broadcast", "admin:a" },
        { "GET /mq/control", null, "admin:" },
        { "GET /mq/control/a", null, "admin:a" },
        { "POST /mq/control/a", "status=stop", "admin:a" },
        { "GET /mq/stats", null, "admin:" },
        { "GET /mq/stats/a", null, "admin:a" },
        { "GET /mq/j/a", null, "admin:a" },
        { "POST /mq/j/a/redrive", null, "admin:a" },
        { "POST /mq/queue", """{"cmd":"add","queue":"a","value":1}""", "produce:a" },
        { "POST /mq/queue/a", """{"cmd":"take"}""", "consume:a" },
        { "POST /mq/queue/b", """{"cmd":"get","queue":"a"}""", "consume:a" },
        { "POST /mq/queue", "body={\"cmd\":\"len\",\"queue\":\"a\"}", "consume:a" },
        { "POST /mq/queue", """{"cmd":"lease","queue":"a"}""", "consume:a" },
        { "POST /mq/queue", """{"cmd":"del","queue":"a","key":"a:1"}""", "consume:a" },
        { "POST /mq/queue", """{"cmd":"purge","queue":"a"}""", "admin:a" },
        { "POST /mq/queue", """{"cmd":"policy","queue":"a"}""", "admin:a" },
        { "POST /mq/queue", """{"cmd":"queues"}""", "admin:" },
        { "POST /mq/xmlrpc", Call("set", "a", "x"), "produce:a" },
        { "POST /mq/xmlrpc", Call("take", "a"), "consume:a" },
        { "POST /mq/xmlrpc", Call("len", "a"), "consume:a" },
        { "POST /mq/xmlrpc", Call("del", "a", "a:1"), "consume:a" },
    };

    [Theory]
    [MemberData(nameof(Needs))]
    public async Task Request_EachRoute_NeedsOwnRoleAndQueue(string line, string? body, string need)
    {
        var everythingElse = string.Join(' ', new[] { "produce", "consume", "stream", "admin" }.SelectMany(role => new[] { $"{role}:a", $"{role}:b", $"{role}:" })
            .Where(grant => grant != need));

        (await _site.SendAsync(line, body)).StatusCode.Should().Be(HttpStatusCode.Unauthorized,
            "the caller is unknown");
        (await _site.SendAsync(line, body, ("User", everythingElse))).StatusCode.Should().Be(HttpStatusCode.Forbidden);
        using var allowed = await _site.Client.SendAsync(Request.Of(line, body, ("User", need)), HttpCompletionOption.ResponseHeadersRead);
        ((int)allowed.StatusCode).Should().BeOneOf(200, 204, 303, 404, 426).And.NotBe(403);
    }

    [Fact]
    public async Task Request_UnknownOrForbidden_GetsChallengeOrProblem()
    {
        using var unknown = await _site.SendAsync("POST /mq/q/a", "value=x");
        unknown.Headers.WwwAuthenticate.ToString().Should().Be("Test realm=\"site\"");
        unknown.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
        var problem = await _site.SendAsync("POST /mq/q/a", "value=x", ("User", "produce:b")).IsAsync(HttpStatusCode.Forbidden);
        problem.GetProperty("type").GetString().Should().Be("urn:restmq:forbidden");
        problem.GetProperty("detail").GetString().Should().Be(
            "This caller may not add to the queue a. The policy for the role Produce refused it. ByQueue says so.");
    }

    [Fact]
    public async Task Command_UnknownCaller_GetsErrorAndChallenge()
    {
        using var unknown = await _site.SendAsync("POST /mq/queue", """{"cmd":"take","queue":"a"}""");
        unknown.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        unknown.Headers.WwwAuthenticate.Should().ContainSingle();
        (await unknown.Content.ReadAsStringAsync()).Should().StartWith("""{"error":"This caller may not take from the queue a.""");
    }

    [Fact]
    public async Task Take_SeveralQueues_NeedsEach()
    {
        await _site.SendAsync("GET /mq/q/a,b", null, ("User", "consume:a")).IsAsync(HttpStatusCode.Forbidden);
        await _site.SendAsync("GET /mq/q/a,b", null, ("User", "consume:a consume:b")).IsAsync(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Request_Forbidden_ChangesNothing()
    {
        await _site.SendAsync("POST /mq/q/a", "value=kept", ("User", "produce:a")).IsAsync(HttpStatusCode.OK);
        await _site.SendAsync("POST /mq/queue", """{"cmd":"purge","queue":"a"}""", ("User", "consume:a")).IsAsync(HttpStatusCode.Forbidden);
        await _site.SendAsync("GET /mq/q/b,a", null, ("User", "consume:b")).IsAsync(HttpStatusCode.Forbidden);
        await _site.SendAsync("POST /mq/xmlrpc", Call("take", "a"), ("User", "consume:b")).IsAsync(HttpStatusCode.Forbidden);
        (await _site.SendAsync("GET /mq/q/a", null, ("User", "consume:a")).IsAsync(HttpStatusCode.OK)).GetProperty("value").GetString().Should().Be("kept");
    }

    [Fact]
    public async Task Frame_EachCommand_IsAuthorized()
    {
        using var socket = await _site.OpenAsync("/mq/c/a", ("User", "stream:a produce:b"));
        (await socket.AskAsync("""{"cmd":"add","value":1}""")).Should().Contain("may not add to the queue a");
        (await socket.AskAsync("""{"cmd":"add","queue":"b","value":1}""")).Should().Contain("\"key\":\"b:1\"");
        (await socket.AskAsync("""{"cmd":"take","queue":"b"}""")).Should().Contain("may not take from the queue b");
        socket.State.Should().Be(WebSocketState.Open);
        var open = () => _site.OpenAsync("/mq/ws/a", ("User", "stream:b"));
        (await open.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*403*");
    }

    [Fact]
    public async Task Policy_SeveralForOneRole_MustAllAgree()
    {
        await using var site = await Site.StartAsync(
            app => app.MapRestMq()
                .RequireAuthorization(RestMqRole.Produce, policy => policy.RequireAssertion(asked => asked.Resource is RestMqAccess { Queue.Value: "a" or "b" }))
                .RequireAuthorization(RestMqRole.Produce, new AuthorizationPolicyBuilder().RequireAssertion(asked => ((RestMqAccess)asked.Resource!).Queue!.Value != "b").Build()),
            builder => builder.Services.AddAuthorization());
        await site.SendAsync("POST /q/a", "value=x").IsAsync(HttpStatusCode.OK);
        await site.SendAsync("POST /q/b", "value=x").IsAsync(HttpStatusCode.Forbidden);
        await site.SendAsync("POST /q/c", "value=x").IsAsync(HttpStatusCode.Forbidden);
        await site.SendAsync("GET /q/c").IsAsync(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task RequireAuthorization_WithoutServices_SaysWhatToCall()
    {
        var start = () => Site.StartAsync(app => app.MapRestMq().RequireAuthorization(RestMqRole.Admin, "ops"));
        (await start.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*AddAuthorization()*");
    }

    [Fact]
    public async Task Challenge_CookieScheme_RedirectsToItsPage()
    {
        await using var site = await Site.StartAsync(
            app => app.MapRestMq().RequireAuthorization(RestMqRole.Admin, policy => policy.RequireAuthenticatedUser()),
            builder =>
            {
                builder.Services.AddAuthentication("Cookies").AddCookie("Cookies");
                builder.Services.AddAuthorization();
            });
        using var reply = await site.SendAsync("GET /q", null, ("Accept", "text/html"));
        reply.StatusCode.Should().Be(HttpStatusCode.Redirect);
        reply.Headers.Location!.PathAndQuery.Should().Be("/Account/Login?ReturnUrl=%2Fq");
    }

    // With a role, RestMQ's own check asks the scheme; without one, the framework's middleware does.
    [Theory]
    [InlineData(true, "GET /q/a"), InlineData(true, "POST /q/a"), InlineData(true, "GET /q"), InlineData(true, "GET /c/a")]
    [InlineData(false, "GET /q/a"), InlineData(false, "POST /q/a"), InlineData(false, "POST /xmlrpc"), InlineData(false, "GET /c/a"), InlineData(false, "GET /stats")]
    public async Task Challenge_CookieSchemeAndNoBrowserPage_Is401(bool byRole, string line)
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                var queues = app.MapRestMq();
                if (!byRole) queues.RequireAuthorization();
                else foreach (var role in Enum.GetValues<RestMqRole>()) queues.RequireAuthorization(role, policy => policy.RequireAuthenticatedUser());
            },
            builder =>
            {
                builder.Services.AddAuthentication("Cookies").AddCookie("Cookies");
                builder.Services.AddAuthorization();
            });
        using var reply = await site.SendAsync(line, line.StartsWith("POST", StringComparison.Ordinal) ? "value=x" : null);
        reply.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        // The framework's handler leaves the address of its page in a header.
        if (byRole) reply.Headers.Location.Should().BeNull();
    }

    [Fact]
    public async Task RequireRestMqRole_OwnEndpoint_FollowsRoleRules()
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapGet("/closed", () => "numbers").RequireRestMqRole(RestMqRole.Admin);
                app.MapGet("/broken", string () => throw new FormatException("the site's own")).RequireRestMqRole(RestMqRole.Admin);
                app.MapGet("/ops", () => "numbers").RequireRestMqRole(RestMqRole.Produce, RestMqRole.Admin)
                    .RequireAuthorization(RestMqRole.Admin, policy => policy.RequireAssertion(asked => asked.Resource is RestMqAccess { Queue: null } access
                        && access.Context.Request.Headers.ContainsKey("Ops")))
                    .RequireAuthorization(RestMqRole.Produce, policy => policy.RequireAssertion(_ => false));
            },
            builder => builder.Services.AddAuthorization());
        await site.SendAsync("GET /closed").IsAsync(HttpStatusCode.OK);
        await site.SendAsync("GET /closed", null, (Addressed.Header, Site.Remote)).IsAsync(HttpStatusCode.Forbidden);
        await site.SendAsync("GET /ops", null, (Addressed.Header, Site.Remote), ("Ops", "1")).IsAsync(HttpStatusCode.OK);
        await site.SendAsync("GET /ops").IsAsync(HttpStatusCode.Forbidden);
        var broken = () => site.SendAsync("GET /broken");
        await broken.Should().ThrowAsync<FormatException>(
            "an exception of the site's endpoint must not become a 400 of RestMQ");
    }

    private static string Call(string method, params string[] parameters) =>
        $"<?xml version='1.0'?><methodCall><methodName>{method}</methodName><params>"
        + string.Concat(parameters.Select(value => $"<param><value>{value}</value></param>")) + "</params></methodCall>";

    private sealed class TestScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Request.Headers["User"] is not [{ } user]
            ? AuthenticateResult.NoResult()
            : AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(
                user.Split(' ').Select(grant => new Claim("grant", grant)), "Test")), "Test")));

        protected override Task HandleChallengeAsync(AuthenticationProperties properties)
        {
            Response.Headers.WWWAuthenticate = "Test realm=\"site\"";
            return base.HandleChallengeAsync(properties);
        }
    }

    private sealed class ByQueue : IAuthorizationRequirement;

    private sealed class ByQueueHandler : AuthorizationHandler<ByQueue, RestMqAccess>
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, ByQueue requirement, RestMqAccess resource)
        {
            if (context.User.HasClaim("grant", $"{resource.Role.ToString().ToLowerInvariant()}:{resource.Queue}")) context.Succeed(requirement);
            else context.Fail(new AuthorizationFailureReason(this, "ByQueue says so."));
            return Task.CompletedTask;
        }
    }
}
