using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace RestMq.Limits;

/// <summary>Tests on every door that a host without room refuses adds, names the limit, and serves everything else.</summary>
public sealed class QueueLimitTests
{
    private const string Remote = Site.Remote;

    /// <summary>Lists the doors through which a message is added: the request, its body, and the status of a refusal.</summary>
    public static TheoryData<string, string, HttpStatusCode> Adds => new()
    {
        { "POST /q/{0}", "value={1}", HttpStatusCode.TooManyRequests },
        { "POST /", "queue={0}&value={1}", HttpStatusCode.TooManyRequests },
        { "POST /q/{0}", "{{\"json\":\"{1}\"}}", HttpStatusCode.TooManyRequests },
        { "POST /queue", "{{\"cmd\":\"add\",\"queue\":\"{0}\",\"value\":\"{1}\"}}", HttpStatusCode.OK },
        { "POST /queue", "{{\"cmd\":\"add\",\"queue\":\"{0}\",\"values\":[\"{1}\"]}}", HttpStatusCode.OK },
        { "POST /queue/{0}", "body={{\"cmd\":\"add\",\"queue\":\"{0}\",\"value\":\"{1}\"}}", HttpStatusCode.OK },
        {
            "POST /xmlrpc",
            "<methodCall><methodName>add</methodName><params><param><value>{0}</value></param><param><value>{1}</value></param></params></methodCall>",
            HttpStatusCode.OK
        },
    };

    [Theory, MemberData(nameof(Adds))]
    public async Task Add_NewQueueBeyondTheCallersLimit_IsRefused(string line, string body, HttpStatusCode refusal)
    {
        await using var site = await StartAsync(options => options.MaxQueuesPerCaller = 3);
        for (var n = 0; n < 3; n++) await AddAsync(site, $"POST /q/q{n}", "value=x").IsAsync(HttpStatusCode.OK);

        (await TextAsync(AddAsync(site, string.Format(null, line, "new"), string.Format(null, body, "new", "x")), refusal)).Should().Contain("at most 3 queues");

        (await TextAsync(AddAsync(site, string.Format(null, line, "q1"), string.Format(null, body, "q1", "x")), null)).Should().NotContain("at most 3 queues");
        (await TextAsync(AddAsync(site, string.Format(null, line, "other"), string.Format(null, body, "other", "x"), "192.0.2.99"), null))
            .Should().NotContain("at most 3 queues", "another caller has made none");
        (await EngineOf(site).ListAsync()).Select(queue => queue.Value).Should().Equal("other", "q0", "q1", "q2");
    }

    [Fact]
    public async Task Add_CallerDeletedOneOfItsQueues_MayMakeAnother()
    {
        await using var site = await StartAsync(options => options.MaxQueuesPerCaller = 3);
        for (var n = 0; n < 3; n++) await AddAsync(site, $"POST /q/q{n}", "value=x").IsAsync(HttpStatusCode.OK);

        await EngineOf(site).DeleteQueueAsync(QueueName.Parse("q1"));

        await AddAsync(site, "POST /q/new", "value=x").IsAsync(HttpStatusCode.OK);
        await AddAsync(site, "POST /q/another", "value=x").IsAsync(HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", false)]
    public async Task Add_TwoAddresses_AreOneCallerWithinANetwork(string first, string second, bool areOne)
    {
        await using var site = await StartAsync(options => options.MaxQueuesPerCaller = 1);
        await AddAsync(site, "POST /q/one", "value=x", first).IsAsync(HttpStatusCode.OK);

        await AddAsync(site, "POST /q/two", "value=x", second).IsAsync(areOne ? HttpStatusCode.TooManyRequests : HttpStatusCode.OK);
    }

    [Theory, MemberData(nameof(Adds))]
    public async Task Add_HostWithoutMemory_IsRefusedAndTakesWork(string line, string body, HttpStatusCode refusal)
    {
        await using var site = await StartAsync(options => options.MaxMemoryBytes = 1024 * 1024);
        await FillAsync(site);

        (await TextAsync(AddAsync(site, string.Format(null, line, "full"), string.Format(null, body, "full", new string('x', 5000))), refusal))
            .Should().Contain("at most 1048576 bytes");

        await site.SendAsync("GET /q/full").IsAsync(HttpStatusCode.OK);
        await site.SendAsync("GET /stats/full").IsAsync(HttpStatusCode.OK);
        await site.SendAsync("DELETE /q/full").IsAsync(HttpStatusCode.OK);
        await AddAsync(site, "POST /q/full", "value=x").IsAsync(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("POST /p/new", "max_receives=3"), InlineData("POST /control/new", "status=stop")]
    public async Task Set_QueueBeyondTheLimit_IsRefused(string line, string form)
    {
        await using var site = await StartAsync(options => options.MaxQueues = 1);
        await AddAsync(site, "POST /q/only", "value=x").IsAsync(HttpStatusCode.OK);

        var problem = await site.SendAsync(line, form).IsAsync(HttpStatusCode.TooManyRequests);

        problem.GetProperty("type").GetString().Should().Be("urn:restmq:full");
        await site.SendAsync(line.Replace("new", "only"), form).IsAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Add_InSocketBeyondTheCallersLimit_IsAnError()
    {
        await using var site = await StartAsync(options => options.MaxQueuesPerCaller = 1);
        await AddAsync(site, "POST /q/one", "value=x").IsAsync(HttpStatusCode.OK);
        using var socket = await site.OpenAsync("/ws/empty", (Addressed.Header, Remote));

        (await socket.AskAsync("""{"cmd":"add","queue":"two","value":"x"}""")).Should().Contain("at most 1 queues");
        (await socket.AskAsync("""{"cmd":"add","queue":"one","value":"x"}""")).Should().Contain("\"key\"");
    }

    [Theory]
    [InlineData("GET /q/{0}", 20, HttpStatusCode.NoContent), InlineData("GET /q/{0}", 21, HttpStatusCode.BadRequest)]
    [InlineData("GET /q/{0}?wait=30", 21, HttpStatusCode.BadRequest), InlineData("GET /q/{0}?max=5&lease=9", 100, HttpStatusCode.BadRequest)]
    public async Task Take_NamesOfQueues_AreLimited(string line, int names, HttpStatusCode status)
    {
        await using var site = await StartAsync(_ => { });

        await site.SendAsync(string.Format(null, line, string.Join(',', Enumerable.Range(0, names).Select(n => $"q{n}")))).IsAsync(status);
    }

    private static Task<Site> StartAsync(Action<RestMqOptions> configure) => Site.StartAsync(
        app => app.MapRestMq(), builder => builder.Services.AddRestMq(configure));

    private static IQueueEngine EngineOf(Site site) => site.Services.GetRequiredService<IQueueEngine>();

    private static Task<HttpResponseMessage> AddAsync(Site site, string line, string body, string from = Remote) =>
        site.SendAsync(line, body, (Addressed.Header, from));

    private static async Task FillAsync(Site site)
    {
        try
        {
            while (true) await EngineOf(site).AddAsync(QueueName.Parse("full"), new NewMessage(MessageBody.FromUtf8(Encoding.UTF8.GetBytes(new string('m', 2000)))));
        }
        catch (RestMqFullException)
        {
            // It is full.
        }
    }

    private static async Task<string> TextAsync(Task<HttpResponseMessage> reply, HttpStatusCode? status)
    {
        var text = await (await reply).Content.ReadAsStringAsync();
        if (status is not null) (await reply).StatusCode.Should().Be(status, text);
        return text;
    }
}
