namespace RestMq.EndToEnd.Http;

/// <summary>
/// Tests what monitors and old clients send: HEAD wherever GET is answered, and HTTP/1.0 without a <c>Host</c>.
/// </summary>
public abstract class HeadTests(HostFixture fixture)
{
    private RestMqHost Host => fixture.Host;

    [Theory]
    [InlineData("/")]
    [InlineData("/q")]
    [InlineData("/q/")]
    [InlineData("/q?max=1")]
    [InlineData("/q/{queue}/{queue}:1")]
    [InlineData("/q/{queue}/{queue}:9")]
    [InlineData("/queue")]
    [InlineData("/p/{queue}")]
    [InlineData("/control")]
    [InlineData("/control/{queue}")]
    [InlineData("/stats")]
    [InlineData("/stats/{queue}")]
    [InlineData("/stats/a%20b")]
    [InlineData("/j/{queue}")]
    [InlineData("/ws/{queue}")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/scalar/")]
    public async Task Head_EachRoute_AnswersAsGetWithoutBody(string route)
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, "kept");
        foreach (var accept in new[] { "Accept: */*", "Accept: text/html" })
        {
            var target = route.Replace("{queue}", queue);
            var get = await Host.AskAsync($"GET {target}", "", accept);
            var head = await Host.AskAsync($"HEAD {target}", "", accept);
            head.Status.Should().Be(get.Status);
            head.MediaType.Should().Be(get.MediaType);
            head.Header("Location").Should().Be(get.Header("Location"));
        }
        (await Host.TakeValueAsync(queue)).Should().Be("kept");
    }

    [Theory]
    [InlineData("/q/{queue}")]
    [InlineData("/q/{queue}?lease=30")]
    [InlineData("/q/{queue}?wait=30&max=10")]
    [InlineData("/?queue={queue}")]
    public async Task Head_OfTake_TellsDepthAndTakesNothing(string target)
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, ["one", "two"]);
        var head = (await Host.AskAsync("HEAD " + target.Replace("{queue}", queue))).Is(200);
        head.Header("RestMQ-Length").Should().Be("2");
        head.Header("RestMQ-Consumers").Should().Be("0");
        head.Header("RestMQ-Oldest-Age").Should().NotBeNull();
        head.FollowsTheRules();
        var stats = await Host.StatsAsync(queue);
        (stats.Number("ready"), stats.Number("leased"), stats.Number("settled")).Should().Be((2, 0, 0));
    }

    [Theory]
    [InlineData("/c/{queue}", "*/*", "text/plain")]
    [InlineData("/c/{queue}", "text/event-stream", "text/event-stream")]
    [InlineData("/c/{queue}?lease=30", "*/*", "text/plain")]
    [InlineData("/sse/{queue}", "*/*", "text/event-stream")]
    public async Task Head_OfStream_TellsTypeAndBindsNothing(string target, string accept, string type)
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, "kept");
        var head = (await Host.AskAsync("HEAD " + target.Replace("{queue}", queue), "", $"Accept: {accept}")).Is(200);
        head.MediaType.Should().Be(type);
        head.FollowsTheRules();
        var stats = await Host.StatsAsync(queue);
        (stats.Number("ready"), stats.Number("consumers"), stats.Number("settled")).Should().Be((1, 0, 0));
    }

    [Fact]
    public async Task Sse_AnyAccept_StreamsEvents()
    {
        var queue = Host.NextQueue();
        foreach (var accept in new[] { "*/*", "text/html", "text/event-stream" })
        {
            await using var events = await CometStream.OpenAsync(Host.Port, $"/sse/{queue}?from=earliest", null, $"Accept: {accept}");
            events.Head.MediaType.Should().Be("text/event-stream");
            (await events.NextLineAsync()).Should().Be("retry: 1000");
        }
        (await Host.AskAsync("GET /sse/a%20b")).IsProblem(400, "bad-queue-name");
        (await Host.AskAsync($"GET /sse/{queue}?heartbeat=0")).IsProblem(400, "bad-request");
    }

    [Fact]
    public async Task Links_WithoutHost_AreRelative()
    {
        var queue = Host.NextQueue();
        var added = (await Host.AskAsync($"POST /q/{queue} HTTP/1.0", "value=x")).Is(200);
        added.Header("Location").Should().Be($"/q/{queue}/{queue}:1");
        (await Host.AskAsync($"GET {added.Header("Location")} HTTP/1.0")).Is(200);
        var leased = (await Host.AskAsync($"GET /q/{queue}?lease=30 HTTP/1.0")).Is(200);
        leased.All("Link").Should().HaveCount(4).And.OnlyContain(link => link.StartsWith($"</q/{queue}/{queue}:1.1"));

        var named = (await Host.AskAsync($"POST /q/{queue} HTTP/1.0", "value=x", "Host: mq.localhost")).Is(200);
        named.Header("Location").Should().Be($"http://mq.localhost/q/{queue}/{queue}:2");
    }

    [Fact]
    public async Task CurlLines_WithoutHost_NameThisAddress()
    {
        (await Host.AskAsync("GET / HTTP/1.0")).Is(200).Text.Should().Contain($"curl -d value=foobar http://127.0.0.1:{Host.Port}/q/test");
        (await Host.AskAsync("GET / HTTP/1.0", "", "Accept: text/html")).Is(302).Header("Location").Should().Be("/q");
    }

    public sealed class OnMemory(MemoryHost host) : HeadTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : HeadTests(host), IClassFixture<RedisHost>;
}
