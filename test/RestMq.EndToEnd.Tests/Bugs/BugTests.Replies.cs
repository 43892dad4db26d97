namespace RestMq.EndToEnd.Bugs;

/// <summary>Tests the bugs that returned a wrong status or a wrong body.</summary>
public abstract partial class BugTests
{
    // Bug 25 of the original.
    [Fact]
    public async Task Take_EmptyQueue_Returns204AndKeepsConnection()
    {
        var queue = Host.NextQueue();
        await using var connection = await Host.ConnectAsync();
        for (var i = 0; i < 3; i++) (await connection.AskAsync($"GET /q/{queue}")).IsNoContent();
        (await connection.AskAsync($"POST /q/{queue}", "value=1")).Is(200);
        (await connection.AskAsync($"GET /q/{queue}")).Is(200);
    }

    // Bug 26 of the original.
    [Fact]
    public async Task Take_EmptyQueueAtRoot_Returns404()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"GET /?queue={queue}")).IsProblem(404, "not-found");
        (await Host.AskAsync($"GET /q/{queue}")).IsNoContent();
    }

    // Bug 27 of the original.
    [Fact]
    public async Task Add_MsgAndValue_ValueWins()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync("POST /", $"queue={queue}&msg=1")).Is(200);
        (await Host.AskAsync($"POST /q/{queue}", "msg=2")).Is(200);
        (await Host.AskAsync("POST /", $"queue={queue}&msg=M&value=3")).Is(200);
        (await Host.AskAsync($"POST /q/{queue}", "value=4&msg=M")).Is(200);
        for (var i = 1; i <= 4; i++) (await Host.TakeValueAsync(queue)).Should().Be($"{i}");
    }

    // Bug 28 is in StoreUnavailableTests: every route answers 503 while the store is unavailable.

    // Bug 29 of the original.
    [Theory]
    [InlineData("007")]
    [InlineData("+5")]
    [InlineData("1.50")]
    [InlineData("3.")]
    [InlineData("1.0e3")]
    [InlineData("0.1234567890123456789")]
    public async Task Add_NumberLikeText_StaysText(string value)
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, value);
        (await Host.CommandAsync($$"""{"cmd":"get","queue":"{{queue}}"}""")).Json.Text("value").Should().Be(value);
        (await Host.TakeValueAsync(queue)).Should().Be(value);
    }

    // Bug 30 of the original.
    [Fact]
    public async Task Add_BlanksAndControlCharacters_AreKept()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"POST /q/{queue}", "value=+%20a%00%01%08%0e%1f%0b+%20")).Is(200);
        (await Host.TakeValueAsync(queue)).Should().Be("  a\0\u0001\b\u000e\u001f\v  ");
    }

    // Bug 31 of the original.
    [Fact]
    public async Task Policy_UnknownName_Returns400()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"POST /p/{queue}", "policy=foo")).IsProblem(400, "bad-request");
        (await Host.AskAsync($"POST /p/{queue}", "policy=roundrobin")).Is(200).Json.Text("value").Should().Be("roundrobin");
    }

    // Bug 32 of the original.
    [Fact]
    public async Task Policy_NeverSet_IsBroadcast()
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, "x");
        (await Host.AskAsync($"GET /p/{queue}")).Json.Text("value").Should().Be("broadcast");
        (await Host.StatsAsync(queue)).Text("policy").Should().Be("broadcast");
        (await Host.AskAsync("GET /stats")).Json.GetProperty("queues").GetProperty(queue).Text("policy").Should().Be("broadcast");
    }

    // Bug 33 of the original.
    [Theory]
    [InlineData("status=pause")]
    [InlineData("")]
    public async Task Control_InvalidStatus_Returns400(string form) =>
        (await Host.AskAsync($"POST /control/{Host.NextQueue()}", form)).IsProblem(400, "bad-request");

    // Bug 34 of the original.
    [Fact]
    public async Task Control_WithoutQueue_ListsEveryQueue()
    {
        var (started, stopped) = (Host.NextQueue(), Host.NextQueue());
        await Host.PostAsync(started, "x");
        await Host.PostAsync(stopped, "x");
        await Host.StopAsync(stopped);
        var all = (await Host.AskAsync("GET /control/")).Is(200).Json;
        all.GetProperty("queues").GetProperty(started).Number("status").Should().Be(1);
        all.GetProperty("queues").GetProperty(stopped).Number("status").Should().Be(0);
        all.Number("count").Should().Be(all.GetProperty("queues").EnumerateObject().Count());
    }

    // Bug 35 of the original.
    [Fact]
    public async Task Stats_StoppedQueue_ReturnsStatus0()
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, "x");
        await Host.StopAsync(queue);
        (await Host.StatsAsync(queue)).Number("status").Should().Be(0);
        (await Host.AskAsync("GET /stats/")).Json.GetProperty("queues").GetProperty(queue).Number("status").Should().Be(0);
    }

    // Bugs 36 and 43 of the original.
    [Theory]
    [InlineData("/stats/")]
    [InlineData("/stats/{q}")]
    [InlineData("/control/")]
    [InlineData("/control/{q}")]
    [InlineData("/j/{q}")]
    [InlineData("/p/{q}")]
    [InlineData("/q")]
    [InlineData("/q/{q}")]
    public async Task Get_Callback_ReturnsScript(string target)
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, "x");
        var reply = await Host.AskAsync($"GET {target.Replace("{q}", queue)}?callback=cb");
        reply.Is(200).MediaType.Should().Be("application/javascript");
        reply.Text.Should().StartWith("cb({").And.EndWith("});\r\n");
        RawReply.ParseJson(reply.Text[3..^4]);
        reply.FollowsTheRules();
    }

    // Bug 37 of the original.
    [Fact]
    public async Task Add_Callback_ReturnsJsonString()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"POST /q/{queue}", "value=x&callback=cb")).Is(200).Text.Should().Be($"cb(\"{queue}:1\");\r\n");
        (await Host.AskAsync("POST /", $"queue={queue}&value=x&callback=cb")).Is(200).Text.Should().Be($"cb(\"{queue}:2\");\r\n");
    }

    // Bug 38 of the original.
    [Fact]
    public async Task Command_Unknown_Returns400AsJson()
    {
        var reply = await Host.CommandAsync("""{"cmd":"frobnicate","queue":"x"}""");
        reply.Is(400).MediaType.Should().Be("application/json");
        reply.Json.Text("error").Should().NotBeNullOrEmpty();
    }

    // Bug 39 of the original.
    [Theory]
    [InlineData("""{"a":{"b":[1,null]}}""")]
    [InlineData("12")]
    [InlineData("null")]
    [InlineData("false")]
    public async Task Command_AnyJsonValue_IsStored(string value)
    {
        var queue = Host.NextQueue();
        (await Host.CommandAsync($$"""{"cmd":"add","queue":"{{queue}}","value":{{value}}}""")).Is(200);
        (await Host.TakeAsync(queue)).GetProperty("value").GetRawText().Should().Be(value);
    }

    // Bug 40 of the original.
    [Theory]
    [InlineData("""{"cmd":"add","value":"x"}""", "queue")]
    [InlineData("""{"cmd":"add","queue":"x"}""", "value")]
    [InlineData("""{"cmd":"take"}""", "queue")]
    [InlineData("""{"cmd":"del","queue":"x"}""", "key")]
    public async Task Command_MissingField_Returns400WithItsName(string command, string field) =>
        (await Host.CommandAsync(command)).Is(400).Json.Text("error").Should().Contain(field).And.Contain(" ",
            "the error is a sentence");

    // Bug 41 of the original.
    [Theory]
    [InlineData("\"_class__\"")]
    [InlineData("\"_doc__\"")]
    [InlineData("\"_init__\"")]
    [InlineData("5")]
    [InlineData("[\"add\"]")]
    public async Task Command_NotInList_Returns400(string command) =>
        (await Host.CommandAsync($$"""{"cmd":{{command}},"queue":"x"}""")).Is(400).Json.Text("error").Should().NotBeNullOrEmpty();

    // Bug 42 of the original.
    [Theory]
    [InlineData("application/json")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    [InlineData("")]
    public async Task Command_AsBody_IsAccepted(string type)
    {
        var queue = Host.NextQueue();
        var reply = await Host.AskAsync("POST /queue", $$"""{"cmd":"add","queue":"{{queue}}","value":"raw"}""", $"Content-Type:{type.Insert(0, type.Length > 0 ? " " : "")}");
        reply.Is(200).Text.Should().Be($$"""{"queue":"{{queue}}","value":"raw","key":"{{queue}}:1"}""" + "\r\n");
    }

    // Bug 44 of the original.
    [Fact]
    public async Task Request_EmptyQueueName_IsRejected()
    {
        (await Host.AskAsync("POST /q/", "value=x")).IsProblem(400, "bad-queue-name");
        (await Host.CommandAsync("""{"cmd":"add","queue":"","value":"x"}""")).Is(400);
        (await Host.AskAsync("GET /?queue=")).IsProblem(400, "bad-queue-name");
        foreach (var request in new[] { "GET /c/", "GET /p/", "POST /p/", "POST /control/", "GET /j/", "DELETE /q/" })
            (await Host.AskAsync(request, request.StartsWith("POST", StringComparison.Ordinal) ? "policy=broadcast&status=stop" : "")).Status.Should().BeInRange(400, 405, request);
        (await Host.QueuesAsync()).Should().NotContain("");
    }
}
