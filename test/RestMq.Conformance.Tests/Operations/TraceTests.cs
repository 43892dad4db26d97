namespace RestMq.Conformance.Operations;

/// <summary>A producer's <c>traceparent</c> travels with its message to whoever gets it; without one replies are the original's, byte for byte.</summary>
public abstract class TraceTests(HostFixture fixture)
{
    private const string Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private readonly RestMqHost _host = fixture.Host;

    [Fact]
    public async Task It_comes_with_every_reply_that_has_the_message()
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
    public async Task It_comes_by_xml_rpc_too()
    {
        var queue = _host.NextQueue();
        await _host.AskAsync(
            "POST /xmlrpc",
            $"<methodCall><methodName>add</methodName><params><param><value>{queue}</value></param><param><value>x</value></param></params></methodCall>",
            "Content-Type: text/xml", $"traceparent: {Trace}");

        (await _host.AskAsync($"GET /q/{queue}?format=raw")).Header("traceparent").Should().Be(Trace);
    }

    [Fact]
    public async Task Its_tracestate_comes_with_it_and_is_dropped_where_it_is_none()
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
    public async Task It_comes_with_a_stream()
    {
        var queue = _host.NextQueue();
        await using var stream = await _host.ListenAsync(queue);

        await _host.AskAsync($"POST /q/{queue}", "value=x", Form, $"traceparent: {Trace}");

        (await stream.NextLineAsync()).Should().Contain($"\"traceparent\":\"{Trace}\"");
    }

    [Fact]
    public async Task Without_one_and_with_nonsense_a_reply_is_as_it_was()
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
