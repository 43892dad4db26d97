namespace RestMq.EndToEnd.Bugs;

/// <summary>Tests the bugs with queue names, with control, and with the requests of hostile clients.</summary>
public abstract partial class BugTests
{
    private const string Browser = "Accept: text/html,*/*;q=0.8";

    // Bugs 45 and 46 of the original.
    [Theory]
    [InlineData("1234567890")]
    [InlineData("naïve-☃")]
    public async Task QueueName_NumericOrUnicode_IsListed(string queue)
    {
        await Host.PostAsync(queue, "x");
        (await Host.QueuesAsync()).Should().Contain(queue);
        (await Host.AskAsync("GET /stats/")).Is(200).Json.GetProperty("queues").GetProperty(queue).Number("len").Should().BePositive();
        (await Host.AskAsync("GET /q/", "", Browser)).Is(200).Text.Should().Contain(System.Net.WebUtility.HtmlEncode(queue)[..2]);
        (await DeleteAsync(queue)).Is(200);
    }

    // Bug 47 of the original.
    [Theory]
    [InlineData("GET /q/%FF", "")]
    [InlineData("HEAD /q/%FF", "")]
    [InlineData("GET /c/%FF", "")]
    [InlineData("POST /q/x", "value=%FF%FE")]
    [InlineData("POST /", "queue=%FF&value=x")]
    public async Task Request_NotUtf8_Returns400(string request, string form) =>
        (await Host.AskAsync(request, form)).Is(400);

    // Bug 48 of the original.
    [Fact]
    public async Task QueueListPage_NameWithMarkup_IsEscapedOnce()
    {
        var queue = Host.NextQueue() + "-<b>a?b&c\"";
        await Host.PostAsync(queue, "x");
        var page = (await Host.AskAsync("GET /q", "", Browser)).Is(200).Text;
        page.Should().Contain("&lt;b").And.NotContain("&amp;lt;").And.NotContain("<b>");
        var links = page.Split("href=\"").Skip(1).Select(rest => System.Net.WebUtility.HtmlDecode(rest[..rest.IndexOf('"')]));
        var found = links.Should().ContainSingle(link => Uri.UnescapeDataString(link).EndsWith("/" + queue, StringComparison.Ordinal)).Which;
        found.Should().NotContainAny("?", "<", "\"", " ");
        (await DeleteAsync(queue)).Is(200);
    }

    // Bug 49 of the original.
    [Fact]
    public async Task Browse_SimilarQueueName_ShowsOnlyThisQueue()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, Enumerable.Range(1, 12).Select(i => $"m{i}"));
        await Host.PostAsync(queue + "2", "theirs");
        var jobs = (await Host.AskAsync($"GET /j/{queue}")).Is(200).Json;
        jobs.Number("len").Should().Be(12);
        jobs.GetProperty("messages").EnumerateArray().Select(m => m.Text("value")).Should().Equal(Enumerable.Range(3, 10).Reverse().Select(i => $"m{i}"));
        (await Host.AskAsync($"GET /j/{queue[..^1]}*")).Is(200).Json.Number("len").Should().Be(0);
    }

    // Bug 50 of the original.
    [Fact]
    public async Task Stop_BeforeFirstMessage_StaysStopped()
    {
        var queue = Host.NextQueue();
        await Host.StopAsync(queue);
        await Host.PostAsync(queue, "x");
        (await Host.StatsAsync(queue)).Number("status").Should().Be(0);
        await using var stream = await Host.ListenAsync(queue);
        (await Host.TakeValueAsync(queue)).Should().Be("x", "no stream has received the message");
    }

    // Bug 51 of the original.
    [Fact]
    public async Task Stop_QueueWithMessages_PausesOnlyStreams()
    {
        var queue = Host.NextQueue();
        await Host.StopAsync(queue);
        await Host.PostAllAsync(queue, ["a", "b", "c"]);
        (await Host.TakeValueAsync(queue)).Should().Be("a");
        (await Host.CommandAsync($$"""{"cmd":"take","queue":"{{queue}}"}""")).Json.Text("value").Should().Be("b");
        (await Host.AskAsync($"GET /?queue={queue}")).Json.Text("value").Should().Be("c");
    }

    // Bug 56 of the original.
    [Theory]
    [InlineData("GET /q/{q}")]
    [InlineData("GET /?queue={q}")]
    [InlineData("GET /q/{q}?max=2")]
    [InlineData("GET /q/{q}/{q}:1")]
    [InlineData("GET /j/{q}")]
    public async Task Read_HtmlValue_IsNotServedAsHtml(string request)
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, "<img src=x onerror=alert(1)>");
        var reply = await Host.AskAsync(request.Replace("{q}", queue));
        reply.Is(200).MediaType.Should().StartWith("application/");
        reply.FollowsTheRules();
        (await Host.AskAsync($"GET /q/{queue}?callback=%3Cscript%3Ealert(1)%3C/script%3E")).IsProblem(400, "bad-request");
    }

    // Bug 59 of the original.
    [Fact]
    public async Task Request_LineTooLong_IsAnswered()
    {
        (await Host.AskAsync($"GET /q/{new string('x', 17_000)}")).Status.Should().BeOneOf(400, 414);
        (await Host.AskAsync("GET /q/x", "", $"X-Long: {new string('x', 100_000)}")).Status.Should().Be(431);
    }

    // Bug 59 of the original, second half.
    [Fact]
    public async Task Take_IfNoneMatch_ReturnsMessage()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, ["a", "a"]);
        var first = (await Host.AskAsync($"GET /q/{queue}")).Is(200);
        first.Header("ETag").Should().BeNull();
        (await Host.AskAsync($"GET /q/{queue}", "", "If-None-Match: *")).Is(200).Json.Text("value").Should().Be("a");
    }

    // Bug 60 of the original.
    [Fact]
    public async Task Add_ChunkedRequest_IsAccepted()
    {
        var queue = Host.NextQueue();
        await using var connection = await Host.ConnectAsync();
        byte[] request =
        [
            .. RawRequest.Write($"POST /q/{queue}", "", "Transfer-Encoding: chunked", "Content-Type: application/x-www-form-urlencoded"),
            .. RawRequest.Chunked("value=9"u8, 3),
        ];
        await connection.SendAsync(request);
        (await connection.ReadReplyAsync()).Is(200).Text.Should().Be($"{queue}:1\r\n");
        (await connection.AskAsync($"GET /q/{queue}")).Json.Text("value").Should().Be("9");
    }

    // Bug 62 of the original.
    [Fact]
    public async Task Add_OneMebibyte_ComesBackWhole()
    {
        var queue = Host.NextQueue();
        var large = new string('x', 1024 * 1024);
        await Host.PostAsync(queue, large);
        (await Host.TakeValueAsync(queue)).Should().HaveLength(large.Length);
    }
}
