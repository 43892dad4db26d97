using System.Net;

namespace RestMq.Server;

/// <summary>Tests that the sample host's other routes, such as metrics and health, obey the same rules.</summary>
public sealed class OwnRoutesTests
{
    private static readonly (string, string) FromAfar = (Addressed.Header, Site.Remote);
    private static readonly (string, string) Metrics = ("RestMq:Prometheus", "true");

    private static readonly (string, string)[] Keys =
    [
        Metrics, ("Access:Keys:0:Name", "shop"), ("Access:Keys:0:Secret", "shop"), ("Access:Keys:0:Roles:0", "produce"), ("Access:Keys:0:Queues:0", "orders.*"),
        ("Access:Keys:1:Name", "ops"), ("Access:Keys:1:Secret", "ops"), ("Access:Keys:1:Roles:0", "admin"),
        ("Access:Users:0:Name", "lero"), ("Access:Users:0:Secret", "lero"), ("Access:Users:0:Roles:0", "admin"), ("Access:Users:0:Queues:0", "orders.*"),
    ];

    [Theory]
    [InlineData("/metrics", null, HttpStatusCode.Unauthorized)]
    [InlineData("/metrics", "shop", HttpStatusCode.Forbidden)]
    [InlineData("/metrics", "ops", HttpStatusCode.OK)]
    [InlineData("/openapi/v1.json", null, HttpStatusCode.Unauthorized)]
    [InlineData("/openapi/v1.json", "nobody", HttpStatusCode.Unauthorized)]
    [InlineData("/openapi/v1.json", "shop", HttpStatusCode.OK)]
    [InlineData("/openapi/v1.json", "ops", HttpStatusCode.OK)]
    [InlineData("/scalar/", null, HttpStatusCode.Unauthorized)]
    [InlineData("/scalar/", "shop", HttpStatusCode.OK)]
    [InlineData("/health/live", null, HttpStatusCode.OK)]
    [InlineData("/health/ready", null, HttpStatusCode.OK)]
    public async Task Routes_WithKeys_FollowRoles(string path, string? key, HttpStatusCode status)
    {
        await using var host = new SampleHost(Keys);
        await host.SendAsync($"GET {path}", null, key is null ? ("Accept", "*/*") : ("X-Api-Key", key)).IsAsync(status);
    }

    [Fact]
    public async Task Metrics_UnknownOrLimitedCaller_IsRefused()
    {
        await using var host = new SampleHost(Keys);
        using var reply = await host.SendAsync("GET /metrics");
        reply.Headers.WwwAuthenticate.Should().Contain(challenge => challenge.Scheme == "Basic");
        reply.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
        await host.SendAsync("GET /metrics", null, ("Authorization", "Basic bGVybzpsZXJv")).IsAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Health_CallerWithoutAdmin_GetsStatusOnly()
    {
        await using var host = new SampleHost(Keys);
        (await (await host.SendAsync("GET /health/ready")).Content.ReadAsStringAsync()).Should().Be("""{"status":"Healthy"}""");
        (await (await host.SendAsync("GET /health/ready", null, ("X-Api-Key", "shop"))).Content.ReadAsStringAsync()).Should().Be("""{"status":"Healthy"}""");
        (await (await host.SendAsync("GET /health/ready", null, ("X-Api-Key", "ops"))).Content.ReadAsStringAsync()).Should().Contain("\"restmq\":{");
    }

    [Theory]
    [InlineData("/metrics", HttpStatusCode.Forbidden)]
    [InlineData("/stats", HttpStatusCode.Forbidden)]
    [InlineData("/openapi/v1.json", HttpStatusCode.OK)]
    [InlineData("/scalar/", HttpStatusCode.OK)]
    [InlineData("/health/live", HttpStatusCode.OK)]
    [InlineData("/health/ready", HttpStatusCode.OK)]
    public async Task Routes_WithoutRules_AreOpenExceptAdmin(string path, HttpStatusCode fromAfar)
    {
        await using var host = new SampleHost(Metrics);
        await host.SendAsync($"GET {path}").IsAsync(HttpStatusCode.OK);
        await host.SendAsync($"GET {path}", null, FromAfar).IsAsync(fromAfar);
        (await (await host.SendAsync("GET /health/ready")).Content.ReadAsStringAsync()).Should().Contain("\"restmq\":{");
        foreach (var stranger in new[] { FromAfar, ("X-Forwarded-For", "127.0.0.1"), ("Host", "evil.example"), ("Origin", "https://evil.example") })
            (await (await host.SendAsync("GET /health/ready", null, stranger)).Content.ReadAsStringAsync()).Should().Be("""{"status":"Healthy"}""");
    }

    [Fact]
    public async Task Routes_NetworksOnly_FollowCategories()
    {
        await using var host = new SampleHost(
            Metrics, ("Access:Networks:Admin:Allow:0", "10.0.0.0/8"), ("Access:Networks:RestProducer:Allow:0", "10.0.0.0/8"),
            ("Access:Networks:RestConsumer:Allow:0", "10.0.0.0/8"), ("Access:Networks:CometConsumer:Allow:0", "192.0.2.7"));
        await host.SendAsync("GET /metrics", null, (Addressed.Header, "10.1.1.1")).IsAsync(HttpStatusCode.OK);
        await host.SendAsync("GET /metrics", null, FromAfar).IsAsync(HttpStatusCode.Forbidden);
        await host.SendAsync("GET /metrics").IsAsync(HttpStatusCode.Forbidden);
        await host.SendAsync("GET /openapi/v1.json", null, FromAfar).IsAsync(HttpStatusCode.OK);
        await host.SendAsync("GET /openapi/v1.json", null, (Addressed.Header, "192.0.2.8")).IsAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task RateLimit_KeyGuesses_AreCounted()
    {
        await using var host = new SampleHost([.. Keys, ("Site:RequestsPerSecond", "1"), ("Site:Burst", "3")]);
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 10; i++) statuses.Add((await host.SendAsync("GET /openapi/v1.json", null, ("X-Api-Key", $"guess{i}"))).StatusCode);
        statuses.Should().Contain(HttpStatusCode.Unauthorized).And.Contain(HttpStatusCode.TooManyRequests);
        for (var i = 0; i < 10; i++) await host.SendAsync("GET /health/live").IsAsync(HttpStatusCode.OK);
    }
}
