namespace RestMq.EndToEnd.Http;

/// <summary>Tests idempotency keys on every route that takes one.</summary>
public abstract class IdempotencyTests(HostFixture fixture)
{
    private RestMqHost Host => fixture.Host;

    /// <summary>
    /// Returns the ways to add with a key. In each, <c>{q}</c> is the queue, <c>{k}</c> the key and <c>{v}</c> the value.
    /// </summary>
    public static TheoryData<string, string, string, string> Ways() => new()
    {
        { "POST /q/{q}", "value={v}&id={k}", "", "422" },
        { "POST /q/{q}", "value={v}", "Idempotency-Key: {k}", "422" },
        { "POST /q/{q}?id={k}", "{v}", "Content-Type: text/plain", "422" },
        { "POST /q/{q}?id={k}", "\"{v}\"\n\"same\"\n", "Content-Type: application/x-ndjson", "422" },
        { "POST /", "queue={q}&value={v}&id={k}", "", "422" },
        { "POST /queue", "{\"cmd\":\"add\",\"queue\":\"{q}\",\"value\":\"{v}\",\"id\":\"{k}\"}", "Content-Type: application/json", "error" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Add_SameKeyOtherMessage_IsRefused(string line, string body, string header, string refusal)
    {
        var queue = Host.NextQueue("once");
        var first = (await SendAsync("one")).Is(200).Text;
        (await SendAsync("one")).Is(200).Text.Should().Be(first);
        Refused(await SendAsync("two"));
        var length = (await Host.StatsAsync(queue)).Number("added");
        length.Should().Be(first.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

        // The key is compared also when the message is gone.
        for (var i = 0; i < length; i++) await Host.TakeAsync(queue);
        Refused(await SendAsync("two"));
        (await SendAsync("one")).Is(200).Text.Should().Be(first);
        await Host.IsEmptyAsync(queue);

        Task<RawReply> SendAsync(string value) => Host.AskAsync(Filled(line, value), Filled(body, value), header == "" ? [] : [Filled(header, value)]);
        string Filled(string text, string value) => text.Replace("{q}", queue).Replace("{k}", "key").Replace("{v}", value);
        void Refused(RawReply reply)
        {
            if (refusal == "422") reply.IsProblem(422, "idempotency-key-reused");
            else reply.Is(200).Json.Text("error").Should().Contain("another message");
        }
    }

    [Fact]
    public async Task Add_SameKeyOtherContentType_IsRefused()
    {
        var queue = Host.NextQueue("once");
        (await Host.AskAsync($"POST /q/{queue}?id=k", "1", "Content-Type: application/json")).Is(200);
        (await Host.AskAsync($"POST /q/{queue}?id=k", "1", "Content-Type: text/plain")).IsProblem(422, "idempotency-key-reused");
    }

    [Theory]
    [InlineData("\"abc\"", "abc")]
    [InlineData("\"abc\" ", "abc")]
    [InlineData("\"abc\";a=1", "abc")]
    [InlineData("abc", "abc")]
    [InlineData("\"a\\\"b\\\\c\"", "a\"b\\c")]
    [InlineData("a\"b", "a\"b")]
    [InlineData("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "8e03978e-40d5-43dd-bc93-6894a57f9324")]
    public async Task Add_KeyInHeader_IsTheKeyOfTheField(string header, string key)
    {
        var queue = Host.NextQueue("quoted");
        (await Host.AskAsync($"POST /q/{queue}", "value=x", $"Idempotency-Key: {header}")).Is(200);
        (await Host.AskAsync($"POST /q/{queue}", $"value=x&{RawRequest.FormOf("id", key)}")).Is(200).Text.Should().Be($"{queue}:1\r\n");
        (await Host.StatsAsync(queue)).Number("added").Should().Be(1);
    }

    [Theory]
    [InlineData("\"abc")]
    [InlineData("\"\"")]
    [InlineData("\"a\"b\"")]
    [InlineData("\"a\\b\"")]
    [InlineData("\"abc\", \"def\"")]
    [InlineData("\"caf\u00e9\"")]
    [InlineData("abc\r\nIdempotency-Key: def")]
    public async Task Add_HeaderNoString_Returns400(string header)
    {
        var queue = Host.NextQueue("quoted");
        (await Host.AskAsync($"POST /q/{queue}", "value=x", $"Idempotency-Key: {header}")).IsProblem(400, "bad-request");
        (await Host.QueuesAsync()).Should().NotContain(queue);
    }

    [Theory]
    [InlineData("0.5", 400)]
    [InlineData("86401", 400)]
    [InlineData("soon", 400)]
    [InlineData("1", 200)]
    [InlineData("86400", 200)]
    public async Task Add_IdTtl_HasRange(string seconds, int status)
    {
        var queue = Host.NextQueue("window");
        (await Host.AskAsync($"POST /q/{queue}", $"value=x&id=k&id_ttl={seconds}")).Is(status);
        (await Host.AskAsync($"POST /q/{queue}?id=k&id_ttl={seconds}", "1", "Content-Type: application/x-ndjson")).Is(status);
        if (seconds == "soon") return;
        (await Host.CommandAsync($$"""{"cmd":"add","queue":"{{queue}}","value":"x","id":"k","id_ttl":{{seconds}}}""")).Is(status);
    }

    public sealed class OnMemory(MemoryHost host) : IdempotencyTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : IdempotencyTests(host), IClassFixture<RedisHost>;
}
