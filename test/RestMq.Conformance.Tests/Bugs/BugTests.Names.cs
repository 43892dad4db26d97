namespace RestMq.Conformance.Bugs;

/// <summary>Queue names, control and what strangers may send.</summary>
public abstract partial class BugTests
{
    private const string Browser = "Accept: text/html,*/*;q=0.8";

    [Theory]
    [InlineData("1234567890")]
    [InlineData("naïve-☃")]
    public async Task Bug45_Bug46_such_a_name_is_listed_as_any_other(string queue)
    {
        await Host.PostAsync(queue, "x");
        (await Host.QueuesAsync()).Should().Contain(queue);
        (await Host.AskAsync("GET /stats/")).Is(200).Json.GetProperty("queues").GetProperty(queue).Number("len").Should().BePositive();
        (await Host.AskAsync("GET /q/", "", Browser)).Is(200).Text.Should().Contain(System.Net.WebUtility.HtmlEncode(queue)[..2]);
        (await DeleteAsync(queue)).Is(200);
    }

    [Theory]
    [InlineData("GET /q/%FF", "")]
    [InlineData("HEAD /q/%FF", "")]
    [InlineData("GET /c/%FF", "")]
    [InlineData("POST /q/x", "value=%FF%FE")]
    [InlineData("POST /", "queue=%FF&value=x")]
    public async Task Bug47_bytes_that_are_no_UTF8_are_400(string request, string form) => (await Host.AskAsync(request, form)).Is(400);

    [Fact]
    public async Task Bug48_names_in_pages_are_escaped_once_and_their_links_lead_to_them()
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

    [Fact]
    public async Task Bug49_j_shows_this_queue_and_no_other()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, Enumerable.Range(1, 12).Select(i => $"m{i}"));
        await Host.PostAsync(queue + "2", "theirs");
        var jobs = (await Host.AskAsync($"GET /j/{queue}")).Is(200).Json;
        jobs.Number("len").Should().Be(12);
        jobs.GetProperty("messages").EnumerateArray().Select(m => m.Text("value")).Should().Equal(Enumerable.Range(3, 10).Reverse().Select(i => $"m{i}"));
        (await Host.AskAsync($"GET /j/{queue[..^1]}*")).Is(200).Json.Number("len").Should().Be(0);
    }

    [Fact]
    public async Task Bug50_a_queue_stopped_before_its_first_message_stays_stopped()
    {
        var queue = Host.NextQueue();
        await Host.StopAsync(queue);
        await Host.PostAsync(queue, "x");
        (await Host.StatsAsync(queue)).Number("status").Should().Be(0);
        await using var stream = await Host.ListenAsync(queue);
        (await Host.TakeValueAsync(queue)).Should().Be("x", "no stream has had it");
    }

    [Fact]
    public async Task Bug51_stop_pauses_streams_alone()
    {
        var queue = Host.NextQueue();
        await Host.StopAsync(queue);
        await Host.PostAllAsync(queue, ["a", "b", "c"]);
        (await Host.TakeValueAsync(queue)).Should().Be("a");
        (await Host.CommandAsync($$"""{"cmd":"take","queue":"{{queue}}"}""")).Json.Text("value").Should().Be("b");
        (await Host.AskAsync($"GET /?queue={queue}")).Json.Text("value").Should().Be("c");
    }

    [Theory]
    [InlineData("GET /q/{q}")]
    [InlineData("GET /?queue={q}")]
    [InlineData("GET /q/{q}?max=2")]
    [InlineData("GET /q/{q}/{q}:1")]
    [InlineData("GET /j/{q}")]
    public async Task Bug56_a_value_is_never_served_as_HTML(string request)
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, "<img src=x onerror=alert(1)>");
        var reply = await Host.AskAsync(request.Replace("{q}", queue));
        reply.Is(200).MediaType.Should().StartWith("application/");
        reply.FollowsTheRules();
        (await Host.AskAsync($"GET /q/{queue}?callback=%3Cscript%3Ealert(1)%3C/script%3E")).IsProblem(400, "bad-request");
    }

    [Fact]
    public async Task Bug59_too_long_a_line_is_answered()
    {
        (await Host.AskAsync($"GET /q/{new string('x', 17_000)}")).Status.Should().BeOneOf(400, 414);
        (await Host.AskAsync("GET /q/x", "", $"X-Long: {new string('x', 100_000)}")).Status.Should().Be(431);
    }

    [Fact]
    public async Task Bug59b_a_conditional_GET_takes_and_gives_the_message()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, ["a", "a"]);
        var first = (await Host.AskAsync($"GET /q/{queue}")).Is(200);
        first.Header("ETag").Should().BeNull();
        (await Host.AskAsync($"GET /q/{queue}", "", "If-None-Match: *")).Is(200).Json.Text("value").Should().Be("a");
    }

    [Fact]
    public async Task Bug60_a_chunked_request_is_accepted()
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

    [Fact]
    public async Task Bug62_a_value_of_1_MiB_comes_back_whole()
    {
        var queue = Host.NextQueue();
        var large = new string('x', 1024 * 1024);
        await Host.PostAsync(queue, large);
        (await Host.TakeValueAsync(queue)).Should().HaveLength(large.Length);
    }
}
