using System.Net;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace RestMq.Embedding;

/// <summary>Tests what a site tells when its store is away or refuses it.</summary>
public sealed class StoreFailureTests
{
    private const string Right = "+xadd";

    public static TheoryData<string, string?> Routes => new()
    {
        { "GET /q/test", null }, { "POST /q/test", "value=x" }, { "GET /?queue=test", null }, { "POST /", "queue=test&value=x" }, { "GET /q", null }, { "DELETE /q/test", null },
        { "GET /stats", null }, { "GET /stats/test", null }, { "GET /p/test", null }, { "POST /p/test", "max_receives=5" }, { "GET /j/test", null }, { "GET /q/test/test:1", null },
        { "DELETE /q/test/test:1.1", null },
    };

    [Theory, MemberData(nameof(Routes))]
    public async Task Route_StoreRefuses_NamesTheRightToAdministratorsOnly(string line, string? form)
    {
        await using var site = await StartAsync(new RestMqStoreRefusedException($"the Redis user 'app' needs {Right}"));

        var toAdmin = await site.SendAsync(line, form);
        var admin = await Task.FromResult(toAdmin).IsAsync(HttpStatusCode.ServiceUnavailable);
        (admin.GetProperty("type").GetString(), toAdmin.Headers.RetryAfter!.ToString()).Should().Be((ProblemTypes.StoreRefused, "1"));
        admin.GetProperty("detail").GetString().Should().Contain(Right);

        var toRemote = await site.SendAsync(line, form, (Addressed.Header, Site.Remote));
        var text = await toRemote.Content.ReadAsStringAsync();
        text.Should().NotContain(Right).And.NotContain("app'");
        if (toRemote.StatusCode == HttpStatusCode.Forbidden) return; // The route is for administrators.
        toRemote.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        JsonDocument.Parse(text).RootElement.GetProperty("detail").GetString().Should().Contain("refused");
    }

    [Theory]
    [InlineData("POST /queue", "queue=test&body={\"cmd\":\"add\",\"value\":\"x\"}")]
    [InlineData("POST /xmlrpc", "<methodCall><methodName>add</methodName></methodCall>")]
    public async Task Protocol_StoreRefuses_ShowsNoRight(string line, string body)
    {
        await using var site = await StartAsync(new RestMqStoreRefusedException($"the Redis user 'app' needs {Right}"));
        (await (await site.SendAsync(line, body, (Addressed.Header, Site.Remote))).Content.ReadAsStringAsync()).Should().NotContain(Right);
    }

    [Fact]
    public async Task OwnEndpoint_StoreAway_GetsTheProblemOfRestMq()
    {
        await using var site = await StartAsync(new RestMqUnavailableException("The message store is away. Try again soon."));

        var reply = await site.SendAsync("POST /orders", "x=1");

        var problem = await Task.FromResult(reply).IsAsync(HttpStatusCode.ServiceUnavailable);
        reply.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
        reply.Headers.RetryAfter!.ToString().Should().Be("1");
        problem.GetProperty("type").GetString().Should().Be(ProblemTypes.Unavailable);
        (await site.SendAsync("POST /broken", "x=1")).StatusCode.Should().Be(HttpStatusCode.InternalServerError, "other failures are the site's");
    }

    [Fact]
    public async Task OwnEndpoint_StatisticsAndMessages_AreWrittenAsByTheHttpApi()
    {
        await using var site = await Site.StartAsync(app =>
        {
            app.MapRestMq();
            app.MapGet("/own/stats", async (IQueueEngine engine) => Results.Json(await engine.StatsAsync(QueueName.Parse("test"))));
            app.MapGet("/own/peek", async (IQueueEngine engine) => Results.Json(await engine.PeekAsync(new MessageKey(QueueName.Parse("test"), 1))));
            app.MapGet("/own/all", async (IQueueEngine engine) => Results.Json(await engine.BrowseAsync(QueueName.Parse("test"), MessageState.Ready, 10)));
        });
        await site.SendAsync("POST /q/test", """{"a":[1,2]}""");

        var stats = await site.SendAsync("GET /own/stats").IsAsync(HttpStatusCode.OK);
        var api = await site.SendAsync("GET /stats/test").IsAsync(HttpStatusCode.OK);
        stats.EnumerateObject().Select(member => member.Name).Should().Equal(api.EnumerateObject().Select(member => member.Name).Where(name => name != "redis"));
        stats.GetProperty("ready").GetInt32().Should().Be(1);
        var peeked = await site.SendAsync("GET /own/peek").IsAsync(HttpStatusCode.OK);
        peeked.GetRawText().Should().Be((await site.SendAsync("GET /q/test/test:1").IsAsync(HttpStatusCode.OK)).GetRawText());
        (await (await site.SendAsync("GET /own/all")).Content.ReadAsStringAsync()).Should().Be($"[{peeked.GetRawText()}]");
    }

    private static Task<Site> StartAsync(Exception failure) => Site.StartAsync(
        app =>
        {
            app.UseExceptionHandler();
            app.MapRestMq();
            app.MapPost("/orders", async (HttpContext context) => await context.RequestServices.GetRequiredService<IQueueEngine>().AddAsync(QueueName.Parse("orders"), new NewMessage(MessageBody.FromText("x"))));
            app.MapPost("/broken", (HttpContext _) => throw new InvalidOperationException("broken"));
        },
        builder =>
        {
            builder.Services.AddRestMqExceptionHandler();
            builder.Services.AddSingleton(FailingEngine.Of(failure));
        });

    /// <summary>Fails every call.</summary>
    public class FailingEngine : DispatchProxy
    {
        private Exception _failure = null!;

        internal static IQueueEngine Of(Exception failure)
        {
            var engine = Create<IQueueEngine, FailingEngine>();
            ((FailingEngine)(object)engine)._failure = failure;
            return engine;
        }

        /// <inheritdoc/>
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name == "get_Store" ? "redis" : throw _failure;
    }
}
