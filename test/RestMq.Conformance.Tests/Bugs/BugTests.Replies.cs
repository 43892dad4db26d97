namespace RestMq.Conformance.Bugs;

/// <summary>Wrong status, wrong body.</summary>
public abstract partial class BugTests
{
    [Fact]
    public async Task Bug25_an_empty_queue_is_204_without_a_body_on_a_connection_that_goes_on()
    {
        var queue = Host.NextQueue();
        await using var connection = await Host.ConnectAsync();
        for (var i = 0; i < 3; i++) (await connection.AskAsync($"GET /q/{queue}")).IsNoContent();
        (await connection.AskAsync($"POST /q/{queue}", "value=1")).Is(200);
        (await connection.AskAsync($"GET /q/{queue}")).Is(200);
    }

    [Fact]
    public async Task Bug26_each_route_keeps_its_own_answer_for_an_empty_queue()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"GET /?queue={queue}")).IsProblem(404, "not-found");
        (await Host.AskAsync($"GET /q/{queue}")).IsNoContent();
    }

    [Fact]
    public async Task Bug27_msg_is_a_synonym_on_every_add_and_value_wins()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync("POST /", $"queue={queue}&msg=1")).Is(200);
        (await Host.AskAsync($"POST /q/{queue}", "msg=2")).Is(200);
        (await Host.AskAsync("POST /", $"queue={queue}&msg=M&value=3")).Is(200);
        (await Host.AskAsync($"POST /q/{queue}", "value=4&msg=M")).Is(200);
        for (var i = 1; i <= 4; i++) (await Host.TakeValueAsync(queue)).Should().Be($"{i}");
    }

    // Bug 28 is in StoreAwayTests: with the store away every route answers 503.

    [Theory]
    [InlineData("007")]
    [InlineData("+5")]
    [InlineData("1.50")]
    [InlineData("3.")]
    [InlineData("1.0e3")]
    [InlineData("0.1234567890123456789")]
    public async Task Bug29_what_looks_like_a_number_stays_the_text_that_was_sent(string value)
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, value);
        (await Host.CommandAsync($$"""{"cmd":"get","queue":"{{queue}}"}""")).Json.Text("value").Should().Be(value);
        (await Host.TakeValueAsync(queue)).Should().Be(value);
    }

    [Fact]
    public async Task Bug30_blanks_and_control_characters_are_kept()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"POST /q/{queue}", "value=+%20a%00%01%08%0e%1f%0b+%20")).Is(200);
        (await Host.TakeValueAsync(queue)).Should().Be("  a\0\u0001\b\u000e\u001f\v  ");
    }

    [Fact]
    public async Task Bug31_an_unknown_policy_is_400_and_a_change_replies_JSON()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"POST /p/{queue}", "policy=foo")).IsProblem(400, "bad-request");
        (await Host.AskAsync($"POST /p/{queue}", "policy=roundrobin")).Is(200).Json.Text("value").Should().Be("roundrobin");
    }

    [Fact]
    public async Task Bug32_the_policy_that_nobody_set_is_broadcast_everywhere()
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, "x");
        (await Host.AskAsync($"GET /p/{queue}")).Json.Text("value").Should().Be("broadcast");
        (await Host.StatsAsync(queue)).Text("policy").Should().Be("broadcast");
        (await Host.AskAsync("GET /stats")).Json.GetProperty("queues").GetProperty(queue).Text("policy").Should().Be("broadcast");
    }

    [Theory]
    [InlineData("status=pause")]
    [InlineData("")]
    public async Task Bug33_a_status_that_is_none_is_400(string form) =>
        (await Host.AskAsync($"POST /control/{Host.NextQueue()}", form)).IsProblem(400, "bad-request");

    [Fact]
    public async Task Bug34_control_lists_every_queue()
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

    [Fact]
    public async Task Bug35_stats_of_a_stopped_queue_say_0()
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, "x");
        await Host.StopAsync(queue);
        (await Host.StatsAsync(queue)).Number("status").Should().Be(0);
        (await Host.AskAsync("GET /stats/")).Json.GetProperty("queues").GetProperty(queue).Number("status").Should().Be(0);
    }

    [Theory]
    [InlineData("/stats/")]
    [InlineData("/stats/{q}")]
    [InlineData("/control/")]
    [InlineData("/control/{q}")]
    [InlineData("/j/{q}")]
    [InlineData("/p/{q}")]
    [InlineData("/q")]
    [InlineData("/q/{q}")]
    public async Task Bug36_Bug43_a_callback_makes_a_script_of_JSON_on_every_route(string target)
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, "x");
        var reply = await Host.AskAsync($"GET {target.Replace("{q}", queue)}?callback=cb");
        reply.Is(200).MediaType.Should().Be("application/javascript");
        reply.Text.Should().StartWith("cb({").And.EndWith("});\r\n");
        RawReply.ParseJson(reply.Text[3..^4]);
        reply.FollowsTheRules();
    }

    [Fact]
    public async Task Bug37_a_text_becomes_a_JSON_string_in_a_script()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"POST /q/{queue}", "value=x&callback=cb")).Is(200).Text.Should().Be($"cb(\"{queue}:1\");\r\n");
        (await Host.AskAsync("POST /", $"queue={queue}&value=x&callback=cb")).Is(200).Text.Should().Be($"cb(\"{queue}:2\");\r\n");
    }

    [Fact]
    public async Task Bug38_an_unknown_command_is_400_as_JSON()
    {
        var reply = await Host.CommandAsync("""{"cmd":"frobnicate","queue":"x"}""");
        reply.Is(400).MediaType.Should().Be("application/json");
        reply.Json.Text("error").Should().NotBeNullOrEmpty();
    }

    [Theory]
    [InlineData("""{"a":{"b":[1,null]}}""")]
    [InlineData("12")]
    [InlineData("null")]
    [InlineData("false")]
    public async Task Bug39_any_JSON_is_stored(string value)
    {
        var queue = Host.NextQueue();
        (await Host.CommandAsync($$"""{"cmd":"add","queue":"{{queue}}","value":{{value}}}""")).Is(200);
        (await Host.TakeAsync(queue)).GetProperty("value").GetRawText().Should().Be(value);
    }

    [Theory]
    [InlineData("""{"cmd":"add","value":"x"}""", "queue")]
    [InlineData("""{"cmd":"add","queue":"x"}""", "value")]
    [InlineData("""{"cmd":"take"}""", "queue")]
    [InlineData("""{"cmd":"del","queue":"x"}""", "key")]
    public async Task Bug40_a_missing_field_is_400_and_named(string command, string field) =>
        (await Host.CommandAsync(command)).Is(400).Json.Text("error").Should().Contain(field).And.Contain(" ", "it is a sentence");

    [Theory]
    [InlineData("\"_class__\"")]
    [InlineData("\"_doc__\"")]
    [InlineData("\"_init__\"")]
    [InlineData("5")]
    [InlineData("[\"add\"]")]
    public async Task Bug41_a_command_is_one_of_the_list(string command) =>
        (await Host.CommandAsync($$"""{"cmd":{{command}},"queue":"x"}""")).Is(400).Json.Text("error").Should().NotBeNullOrEmpty();

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    [InlineData("")]
    public async Task Bug42_a_command_can_be_the_body(string type)
    {
        var queue = Host.NextQueue();
        var reply = await Host.AskAsync("POST /queue", $$"""{"cmd":"add","queue":"{{queue}}","value":"raw"}""", $"Content-Type:{type.Insert(0, type.Length > 0 ? " " : "")}");
        reply.Is(200).Text.Should().Be($$"""{"queue":"{{queue}}","value":"raw","key":"{{queue}}:1"}""" + "\r\n");
    }

    [Fact]
    public async Task Bug44_an_empty_name_is_no_name()
    {
        (await Host.AskAsync("POST /q/", "value=x")).IsProblem(400, "bad-queue-name");
        (await Host.CommandAsync("""{"cmd":"add","queue":"","value":"x"}""")).Is(400);
        (await Host.AskAsync("GET /?queue=")).IsProblem(400, "bad-queue-name");
        foreach (var request in new[] { "GET /c/", "GET /p/", "POST /p/", "POST /control/", "GET /j/", "DELETE /q/" })
            (await Host.AskAsync(request, request.StartsWith("POST", StringComparison.Ordinal) ? "policy=broadcast&status=stop" : "")).Status.Should().BeInRange(400, 405, request);
        (await Host.QueuesAsync()).Should().NotContain("");
    }
}
