using System.Diagnostics;
using System.Text;

namespace RestMq.EndToEnd.Http;

/// <summary>
/// Tests what the recorded exchanges cannot show: pipelining, <c>Expect</c>, waiting, links and the HTML pages.
/// </summary>
public abstract class HttpTests(HostFixture fixture)
{
    private RestMqHost Host => fixture.Host;

    [Fact]
    public async Task Take_Pipelined_IsAnsweredInOrder()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, ["one", "two"]);
        await using var connection = await Host.ConnectAsync();
        var get = RawRequest.Write($"GET /q/{queue}");
        await connection.SendAsync((byte[])[.. get, .. get, .. get, .. RawRequest.Write($"POST /q/{queue}", "value=3")]);
        (await connection.ReadReplyAsync()).Is(200).Text.Should().Contain("\"one\"");
        (await connection.ReadReplyAsync()).Is(200).Text.Should().Contain("\"two\"");
        (await connection.ReadReplyAsync()).IsNoContent();
        (await connection.ReadReplyAsync()).Is(200).Text.Should().Be($"{queue}:3\r\n");
        connection.HasNothingUnread();
    }

    [Fact]
    public async Task Add_Expect100Continue_IsAnsweredBeforeBody()
    {
        var queue = Host.NextQueue();
        await using var connection = await Host.ConnectAsync();
        await connection.SendAsync(RawRequest.Write($"POST /q/{queue}", "", "Expect: 100-continue", "Content-Length: 7", "Content-Type: application/x-www-form-urlencoded"));
        (await connection.ReadLineAsync()).Should().StartWith("HTTP/1.1 100");
        (await connection.ReadLineAsync()).Should().BeEmpty();
        await connection.SendAsync("value=1");
        (await connection.ReadReplyAsync()).Is(200).Text.Should().Be($"{queue}:1\r\n");
    }

    [Fact]
    public async Task Add_ChunkedBody_IsOneMessage()
    {
        var queue = Host.NextQueue();
        var body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i}\n")));
        await using var connection = await Host.ConnectAsync();
        await connection.SendAsync(RawRequest.Write($"POST /q/{queue}", "", "Transfer-Encoding: chunked", "Content-Type: text/plain"));
        foreach (var piece in RawRequest.Chunked(body, 1000).Chunk(777)) await connection.SendAsync(piece);
        (await connection.ReadReplyAsync()).Is(200);
        (await connection.AskAsync($"GET /q/{queue}?format=raw")).Body.Should().Equal(body);
    }

    [Fact]
    public async Task FrontPage_Callback_ReturnsScript()
    {
        var reply = (await Host.AskAsync("GET /?callback=app.show")).Is(200);
        reply.Header("Content-Type").Should().StartWith("application/javascript");
        reply.Text.Should().StartWith("app.show(\"").And.EndWith("\");\r\n").And.Contain("/q/test");
    }

    [Fact]
    public async Task Request_EmptyChunkedBody_IsAccepted()
    {
        var queue = Host.NextQueue();
        await using var connection = await Host.ConnectAsync();
        (await AskAsync($"POST /q/{queue}?value=x")).Is(200);
        (await AskAsync($"DELETE /q/{queue}")).Is(200).Json.Number("status").Should().Be(1);
        await Host.IsEmptyAsync(queue);

        async Task<RawReply> AskAsync(string line)
        {
            await connection.SendAsync((byte[])[.. RawRequest.Write(line, "", "Transfer-Encoding: chunked"), .. RawRequest.Chunked([], 1)]);
            return await connection.ReadReplyAsync();
        }
    }

    [Fact]
    public async Task Add_TypedFormPart_IsBytesForValueOnly()
    {
        static byte[] Part(string name) => [.. Encoding.ASCII.GetBytes($"--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: image/png\r\n\r\n"), 0xff, 0xfe, 13, 10];
        byte[] form = [.. Part("queue"), .. Part("value"), .. "--b--\r\n"u8];
        (await Host.AskAsync("POST /", form, "Content-Type: multipart/form-data; boundary=b")).IsProblem(400, "bad-request");
        (await Host.AskAsync($"POST /?queue={Host.NextQueue()}", [.. Part("value"), .. "--b--\r\n"u8], "Content-Type: multipart/form-data; boundary=b")).Is(200);
    }

    [Theory]
    [InlineData("hi &body={\"cmd\":\"purge\"}& bye")]
    [InlineData("&body=%7B%22cmd%22:%22purge%22%7D&msg=%7B%7D")]
    [InlineData("?a=1&callback=jQuery(1)&=%C3%28")]
    public async Task Command_SentAsForm_IsNotParsedForFields(string text)
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, "kept");
        var command = $$"""  {"cmd":"add","value":{{System.Text.Json.JsonSerializer.Serialize(text)}}}""";
        (await Host.AskAsync($"POST /queue/{queue}", command, "Content-Type: application/x-www-form-urlencoded")).Is(200).Json.Text("key").Should().Be($"{queue}:2");
        (await Host.TakeValueAsync(queue)).Should().Be("kept");
        (await Host.TakeValueAsync(queue)).Should().Be(text);
    }

    [Fact]
    public async Task Take_WaitElapsed_Returns204()
    {
        var queue = Host.NextQueue();
        var clock = Stopwatch.StartNew();
        (await Host.AskAsync($"GET /q/{queue}?wait=0.5")).IsNoContent();
        clock.Elapsed.TotalSeconds.Should().BeInRange(0.45, 2);
        clock.Restart();
        (await Host.AskAsync($"GET /q/{queue}", "", "Prefer: wait=1")).IsNoContent();
        clock.Elapsed.TotalSeconds.Should().BeInRange(0.95, 2.5);
    }

    [Theory, InlineData(""), InlineData("&lease=30")]
    public async Task Take_WaitingClientDisconnects_KeepsMessage(string how)
    {
        var queue = Host.NextQueue();
        for (var i = 0; i < 5; i++)
        {
            var waiting = await Host.ConnectAsync();
            await waiting.SendAsync(RawRequest.Write($"GET /q/{queue}?wait=30{how}"));
            await Task.Delay(20);
            waiting.Kill();
        }
        await Host.PostAsync(queue, "kept");
        var found = await Host.AskAsync($"GET /q/{queue}?wait=10");
        found.Is(200).Json.Text("value").Should().Be("kept");
    }

    [Fact]
    public async Task Take_ClientDisconnectsMidReply_ReturnsMessages()
    {
        var queue = Host.NextQueue();
        var large = new string('x', 1_000_000);
        for (var i = 0; i < 15; i++) await Host.PostAsync(queue, $"{i}:{large}");
        var gone = await RawConnection.OpenAsync(Host.Port, receiveBuffer: 4096);
        await gone.SendAsync(RawRequest.Write($"GET /q/{queue}?max=15"));
        (await gone.ReadHeadAsync()).Is(200);
        gone.Kill();
        await Eventually.TrueAsync(async () => (await Host.StatsAsync(queue)).Number("ready") == 15,
            "all 15 messages are ready again");
        for (var i = 0; i < 15; i++)
        {
            var message = await Host.TakeAsync(queue);
            message.Text("value").Should().StartWith($"{i}:");
            message.Number("count").Should().Be(2);
        }
    }

    [Fact]
    public async Task Add_WithoutTtl_UsesQueueTtl()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"POST /p/{queue}", "ttl=1")).Is(200).Json.Number("ttl").Should().Be(1);
        await Host.PostAsync(queue, "short");
        (await Host.AskAsync($"POST /q/{queue}", "value=long&ttl=60")).Is(200);
        await Eventually.TrueAsync(async () => (await Host.StatsAsync(queue)).Number("ready") == 1,
            "the first message expires", seconds: 4);
        (await Host.TakeValueAsync(queue)).Should().Be("long");
    }

    [Fact]
    public async Task Take_WaitingWhenDelayEnds_IsAnswered()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"POST /q/{queue}", "value=later&delay=1")).Is(200);
        await Host.IsEmptyAsync(queue);
        var clock = Stopwatch.StartNew(); // Started before the lease, because its reply may be late.
        var delayed = await Host.AskAsync($"GET /q/{queue}?wait=10&lease=1");
        delayed.Is(200).Json.Text("receipt").Should().Be($"{queue}:1.1");

        var again = await Host.AskAsync($"GET /q/{queue}?wait=10&lease=30");
        again.Is(200).Json.Text("receipt").Should().Be($"{queue}:1.2", "the first lease has ended");
        clock.Elapsed.TotalSeconds.Should().BeInRange(1, 4);

        var waiting = Host.AskAsync($"GET /q/{queue}?wait=10");
        (await Host.AskAsync($"POST /q/{queue}/{queue}:1.2", "release=0")).IsNoContent();
        (await waiting).Is(200).Json.Number("count").Should().Be(3);
    }

    [Fact]
    public async Task Peek_ExpiredMessage_Returns404()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"POST /q/{queue}", "value=x&ttl=1")).Is(200);
        await Eventually.TrueAsync(async () => (await Host.AskAsync($"GET /q/{queue}/{queue}:1")).Status == 404,
            "the message expires", seconds: 3);
    }

    [Fact]
    public async Task Lease_FollowingLinks_SettlesMessage()
    {
        var queue = Host.NextQueue() + "-é";
        await Host.PostAllAsync(queue, ["a", "b", "c"]);
        var links = await LeaseAsync(queue);
        links.Keys.Should().BeEquivalentTo("ack", "extend", "release", "bury");
        (await Host.AskAsync($"POST {links["extend"]}", "lease=60")).IsNoContent();
        (await Host.AskAsync($"DELETE {links["ack"]}")).IsNoContent();
        (await Host.AskAsync($"DELETE {links["ack"]}")).IsProblem(404, "not-found");

        var second = await LeaseAsync(queue);
        (await Host.AskAsync($"POST {second["release"]}", "release=0")).IsNoContent();
        (await Host.AskAsync($"POST {second["extend"]}", "lease=60")).IsProblem(409, "stale-receipt");
        var again = await LeaseAsync(queue);
        (await Host.AskAsync($"DELETE {second["ack"]}")).IsProblem(409, "stale-receipt");
        (await Host.AskAsync($"POST {again["bury"]}", "bury=no%20good")).IsNoContent();
        (await Host.StatsAsync(queue)).Number("dead").Should().Be(1);
        (await Host.TakeValueAsync(queue)).Should().Be("c");
    }

    [Fact]
    public async Task Add_FollowingLocation_FindsMessage()
    {
        var queue = Host.NextQueue() + ":é?";
        var location = (await Host.AskAsync($"POST /q/{QueueActions.InUrl(queue)}", "value=x")).Is(200).Header("Location")!;
        var look = (await Host.AskAsync($"GET {PathOf(location)}")).Is(200).Json;
        look.Text("key").Should().Be($"{queue}:1");
        look.Text("state").Should().Be("ready");
    }

    [Fact]
    public async Task Head_QueueWithStream_ReturnsLengthAgeAndConsumers()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"HEAD /q/{queue}")).Is(200).Header("RestMQ-Oldest-Age").Should().BeNull();
        await Host.StopAsync(queue);
        await Host.PostAllAsync(queue, ["a", "b"]);
        await using var stream = await Host.ListenAsync(queue);
        await Host.HasConsumersAsync(queue, 1);
        var head = (await Host.AskAsync($"HEAD /q/{queue}")).Is(200);
        head.Header("RestMQ-Length").Should().Be("2");
        head.Header("RestMQ-Consumers").Should().Be("1");
        double.Parse(head.Header("RestMQ-Oldest-Age")!, System.Globalization.CultureInfo.InvariantCulture).Should().BeInRange(0, 60);
    }

    [Fact]
    public async Task Browse_EachState_ReturnsNewestTen()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, Enumerable.Range(1, 15).Select(i => $"m{i}"));
        (await Host.AskAsync($"POST /q/{queue}", "value=late&delay=600")).Is(200);
        await Host.LeaseAsync(queue);
        var dead = await Host.LeaseAsync(queue);
        (await Host.AskAsync($"POST /q/{queue}/{dead.Text("receipt")}", "bury=why")).IsNoContent();

        (await KeysByJAsync("")).Should().Equal(Enumerable.Range(6, 10).Reverse().Select(i => $"{queue}:{i}"));
        (await KeysByJAsync("?state=ready")).Should().HaveCount(10);
        (await KeysByJAsync("?state=leased")).Should().Equal($"{queue}:1");
        (await KeysByJAsync("?state=dead")).Should().Equal($"{queue}:2");
        (await KeysByJAsync("?state=delayed")).Should().Equal($"{queue}:16");
        (await Host.AskAsync($"GET /j/{queue}?state=lost")).IsProblem(400, "bad-request");
        var counts = (await Host.AskAsync($"GET /j/{queue}")).Is(200).Json;
        (counts.Number("len"), counts.Text("queue")).Should().Be((13, queue));

        async Task<string?[]> KeysByJAsync(string query) =>
            [.. (await Host.AskAsync($"GET /j/{queue}{query}")).Is(200).Json.GetProperty("messages").EnumerateArray().Select(m => m.Text("key"))];
    }

    [Fact]
    public async Task FrontPage_Curl_ReturnsCommandsForThisHost()
    {
        var sheet = await Host.AskAsync("GET /", "", $"Host: 127.0.0.1:{Host.Port}", "Accept: */*", "User-Agent: curl/8.0");
        sheet.Is(200).MediaType.Should().Be("text/plain");
        sheet.Text.Should().Contain($"curl").And.Contain($"http://127.0.0.1:{Host.Port}/");
        sheet.FollowsTheRules();
    }

    [Theory]
    [InlineData("/q")]
    [InlineData("/queue")]
    [InlineData("/j/{queue}")]
    public async Task Page_Browser_IsEscapedHtml(string target)
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, "<b>");
        var page = await Host.AskAsync($"GET {target.Replace("{queue}", queue)}", "", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        page.Is(200).MediaType.Should().Be("text/html");
        page.Text.Should().Contain("<html", "the reply is a page")
            .And.NotContain("<b>", "values and names are escaped");
        page.FollowsTheRules();
    }

    [Fact]
    public async Task Page_NameLooksEscaped_LinksToOwnQueue()
    {
        const string browser = "Accept: text/html";
        var name = Uri.EscapeDataString(Host.NextQueue() + "%41");
        await Host.AskAsync($"POST /q/{name}", "value=x");
        (await Host.AskAsync("GET /q", "", browser)).Text.Should().Contain($"href=\"/j/{name}\"");
        (await Host.AskAsync($"GET /j/{name}", "", browser)).Text.Should().Contain($"action=\"/j/{name}/purge\"");
        var pressed = await Host.AskAsync($"POST /j/{name}/purge", "state=ready", browser);
        pressed.Is(303).All("Location").Should().Equal($"/j/{name}");
        (await Host.AskAsync($"GET /stats/{name}")).Json.Number("ready").Should().Be(0);
    }

    [Fact]
    public async Task Lease_NameLooksEscaped_LinksToOwnMessages()
    {
        var queue = Host.NextQueue() + "%41";
        var name = Uri.EscapeDataString(queue);
        var added = (await Host.AskAsync($"POST /q/{name}", "value=x")).Is(200);
        PathOf(added.Header("Location")!).Should().Be($"/q/{name}/{name}:1");
        var links = await LeaseAsync(queue);
        links["ack"].Should().Be($"/q/{name}/{name}:1.1");
        (await Host.AskAsync($"DELETE {links["ack"]}")).IsNoContent();
        (await Host.AskAsync($"GET /stats/{name}")).Json.Number("leased").Should().Be(0);
    }

    private async Task<Dictionary<string, string>> LeaseAsync(string queue)
    {
        var reply = (await Host.AskAsync($"GET /q/{QueueActions.InUrl(queue)}?lease=30")).Is(200);
        return reply.All("Link").SelectMany(l => l.Split(", ")).ToDictionary(l => l.Split("rel=\"")[1].Split('"')[0], l => PathOf(l.Split('<', '>')[1]));
    }

    private static string PathOf(string url) => url.StartsWith("http", StringComparison.Ordinal) ? new Uri(url).PathAndQuery : url;

    public sealed class OnMemory(MemoryHost host) : HttpTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : HttpTests(host), IClassFixture<RedisHost>;
}
