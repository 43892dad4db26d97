namespace RestMq.EndToEnd.Operations;

/// <summary>
/// Tests that a producer's <c>traceparent</c> reaches the consumer with the message. Without a <c>traceparent</c>, the
/// replies equal those of the original byte for byte.
/// </summary>
public abstract class TraceTests(HostFixture fixture)
{
    private const string Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private readonly RestMqHost _host = fixture.Host;

    [Fact]
    public async Task Traceparent_EveryReply_IsIncluded()
    {
        var queue = _host.NextQueue();
        await _host.AskAsync($"POST /q/{queue}", "value=x", Form, $"traceparent: {Trace}");
        await _host.AskAsync("POST /", $"queue={queue}&value=x", Form, $"traceparent: {Trace}");
        await _host.AskAsync("POST /queue", $$"""{"cmd":"add","queue":"{{queue}}","value":"x"}""", "Content-Type: application/json", $"traceparent: {Trace}");

        (await _host.AskAsync($"GET /q/{queue}/{queue}:1")).Json.GetProperty("traceparent").GetString().Should().Be(Trace);
        (await _host.AskAsync($"GET /q/{queue}")).Text.Should().Be($$"""{"key":"{{queue}}:1","value":"x","count":1,"traceparent":"{{Trace}}"}""" + "\r\n");
        (await _host.AskAsync($"GET /q/{queue}?lease=30")).Json.GetProperty("traceparent").GetString().Should().Be(Trace);
        (await _host.AskAsync($"GET /q/{queue}?format=raw")).Header("traceparent").Should().Be(Trace);
    }

    [Fact]
    public async Task Traceparent_XmlRpcAdd_IsKept()
    {
        var queue = _host.NextQueue();
        await _host.AskAsync(
            "POST /xmlrpc",
            $"<methodCall><methodName>add</methodName><params><param><value>{queue}</value></param><param><value>x</value></param></params></methodCall>",
            "Content-Type: text/xml", $"traceparent: {Trace}");

        (await _host.AskAsync($"GET /q/{queue}?format=raw")).Header("traceparent").Should().Be(Trace);
    }

    [Fact]
    public async Task Tracestate_ValidOrInvalid_IsKeptOrDropped()
    {
        var queue = _host.NextQueue();
        foreach (var state in new[] { "rojo=1, congo=\"t61\"", "rojo=1, congo=\"t61\"", "No=1" })
            await _host.AskAsync($"POST /q/{queue}", "value=x", Form, $"traceparent: {Trace}", $"tracestate: {state}");
        await _host.AskAsync($"POST /q/{queue}", "value=x", Form, "tracestate: rojo=1");

        (await _host.AskAsync($"GET /q/{queue}")).Json.GetProperty("tracestate").GetString().Should().Be("rojo=1, congo=\"t61\"");
        (await _host.AskAsync($"GET /q/{queue}?format=raw")).Header("tracestate").Should().Be("rojo=1, congo=\"t61\"");
        (await _host.AskAsync($"GET /q/{queue}")).Text.Should().Be($$"""{"key":"{{queue}}:3","value":"x","count":1,"traceparent":"{{Trace}}"}""" + "\r\n");
        (await _host.AskAsync($"GET /q/{queue}")).Text.Should().Be($$"""{"key":"{{queue}}:4","value":"x","count":1}""" + "\r\n");
    }

    [Fact]
    public async Task Traceparent_Stream_IsIncluded()
    {
        var queue = _host.NextQueue();
        await using var stream = await _host.ListenAsync(queue);

        await _host.AskAsync($"POST /q/{queue}", "value=x", Form, $"traceparent: {Trace}");

        (await stream.NextLineAsync()).Should().Contain($"\"traceparent\":\"{Trace}\"");
    }

    [Fact]
    public async Task Traceparent_MissingOrInvalid_LeavesReplyUnchanged()
    {
        var queue = _host.NextQueue();
        await _host.AskAsync($"POST /q/{queue}", "value=x", Form);
        await _host.AskAsync($"POST /q/{queue}", "value=x", Form, "traceparent: 00-nonsense");

        (await _host.AskAsync($"GET /q/{queue}")).Text.Should().Be($$"""{"key":"{{queue}}:1","value":"x","count":1}""" + "\r\n");
        (await _host.AskAsync($"GET /q/{queue}")).Text.Should().Be($$"""{"key":"{{queue}}:2","value":"x","count":1}""" + "\r\n");
    }

    private const string Form = "Content-Type: application/x-www-form-urlencoded";
}

public sealed class MemoryTraceTests(MemoryHost fixture) : TraceTests(fixture), IClassFixture<MemoryHost>;

public sealed class RedisTraceTests(RedisHost fixture) : TraceTests(fixture), IClassFixture<RedisHost>;
