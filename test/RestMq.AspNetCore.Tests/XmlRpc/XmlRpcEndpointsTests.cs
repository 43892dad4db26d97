using Microsoft.Extensions.Logging.Abstractions;
using System.Text;
using Microsoft.AspNetCore.Http;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using RestMq.Access;
using RestMq.Endpoints;
using RestMq.Http;

namespace RestMq.Tests.XmlRpc;

public class XmlRpcEndpointsTests
{
    private static readonly QueueName Test = QueueName.Parse("test");
    private static readonly MessageKey Key = new(Test, 12);

    private readonly IQueueEngine _engine = Substitute.For<IQueueEngine>();
    private readonly RestMqOptions _options = new() { MaxMessageBytes = 1000 };

    [Theory]
    [InlineData("set")]
    [InlineData("add")]
    public async Task Set_AnyValue_AddsAndReturnsKey(string method)
    {
        _engine.AddAsync(Test, Arg.Any<NewMessage>(), Arg.Any<CancellationToken>()).Returns(new AddResult(AddStatus.Added, Key));
        var reply = await CallAsync(method, "test", "<int>5</int>");
        reply.Should().Contain("<param>\n<value><string>test:12</string></value>\n</param>");
        await _engine.Received(1).AddAsync(
            Test, Arg.Is<NewMessage>(message => message.Body.Kind == BodyKind.Json && message.Body.ToString() == "5"), Arg.Any<CancellationToken>());
    }

    [Theory]
    [InlineData("get")]
    [InlineData("take")]
    public async Task Get_Message_IsWrittenThenDeleted(string method)
    {
        var context = Context(Call(method, "test"));
        Taken(new QueueMessage(Key, MessageBody.FromText("tuna\r\nboy"), 3, default));
        var written = -1L;
        _engine.SettleAsync(default, default).ReturnsForAnyArgs(_ => { written = context.Response.Body.Length; return SettleResult.Done; });

        var reply = await CallAsync(context);
        reply.Should().Contain("<name>count</name>\n<value><int>3</int></value>")
            .And.Contain("<name>value</name>\n<value><string>tuna&#xD;\nboy</string></value>")
            .And.Contain("<name>key</name>\n<value><string>test:12</string></value>");
        written.Should().Be(context.Response.Body.Length, "the reply is written before the message is deleted");
        await _engine.Received(1).LeaseAsync(
            Arg.Is<IReadOnlyList<QueueName>>(queues => queues.Single() == Test), 1, _options.TakeLease, TimeSpan.Zero, Arg.Any<CancellationToken>());
        await Settled(SettleAction.Ack);
    }

    [Fact]
    public async Task Get_ClientDisconnected_ReleasesMessage()
    {
        using var gone = new CancellationTokenSource();
        var context = Context(Call("get", "test"));
        context.RequestAborted = gone.Token;
        context.Response.Body = new Broken(gone);
        Taken(new QueueMessage(Key, MessageBody.FromText("tuna-boy"), 1, default));

        await FluentActions.Awaiting(() => Endpoints().CallAsync(context)).Should().ThrowAsync<Exception>();
        await Settled(SettleAction.Release, count: 1);
    }

    [Theory]
    [InlineData("get")]
    [InlineData("take")]
    public async Task Get_EmptyQueue_ReturnsFault(string method)
    {
        _engine.LeaseAsync(default!, default, default, default, default).ReturnsForAnyArgs([]);
        (await CallAsync(method, "test")).Should().Match(Fault(8002, "empty queue"));
        await _engine.DidNotReceiveWithAnyArgs().SettleAsync(default, default);
    }

    [Theory]
    [InlineData("test:12", 0, SettleResult.Done, "1")]
    [InlineData("test:12.3", 3, SettleResult.Done, "1")]
    [InlineData("test:12.3", 3, SettleResult.Stale, "0")]
    [InlineData("test:12", 0, SettleResult.Unknown, "0")]
    public async Task Del_KeyOrReceipt_ReturnsWhetherDeleted(
        string key, long fence, SettleResult result, string expected)
    {
        _engine.SettleAsync(new Settlement(new Receipt(Key, fence), SettleAction.Ack), Arg.Any<CancellationToken>()).Returns(result);
        (await CallAsync("del", "test", key)).Should().Contain($"<value><boolean>{expected}</boolean></value>");
    }

    [Fact]
    public async Task Len_Queue_ReturnsInt()
    {
        _engine.LengthAsync(Test, Arg.Any<CancellationToken>()).Returns(7);
        (await CallAsync("len", "test")).Should().Contain("<value><int>7</int></value>");
    }

    [Theory]
    [InlineData("nope", new[] { "test" }, 8001, "function nope not found")]
    [InlineData("Set", new[] { "test", "a" }, 8001, "function Set not found")]
    [InlineData("get", new string[0], 8002, "get must have the parameters (queue), but has 0")]
    [InlineData("get", new[] { "test", "b" }, 8002, "get must have the parameters (queue), but has 2")]
    [InlineData("set", new[] { "test" }, 8002, "set must have the parameters (queue, value), but has 1")]
    [InlineData("get", new[] { "a b" }, 8002, "A queue name *")]
    [InlineData("get", new[] { "" }, 8002, "A queue name *")]
    [InlineData("get", new[] { "<int>5</int>" }, 8002, "A queue name *")]
    [InlineData("del", new[] { "test", "other:1" }, 8002, "*key or receipt of this queue*")]
    [InlineData("del", new[] { "test", "nonsense" }, 8002, "*key or receipt of this queue*")]
    [InlineData("del", new[] { "test", "<int>1</int>" }, 8002, "*key or receipt of this queue*")]
    [InlineData("system.methodHelp", new[] { "nope" }, 8001, "function nope not found")]
    [InlineData("system.methodHelp", new[] { "<int>1</int>" }, 8002, "'method' must be a string")]
    [InlineData("system.listMethods", new[] { "x" }, 8002, "system.listMethods must have the parameters (), but has 1")]
    public async Task Call_Invalid_ReturnsFaultAndChangesNothing(
        string method, string[] parameters, int code, string text)
    {
        (await CallAsync(method, parameters)).Should().Match(Fault(code, text));
        _engine.ReceivedCalls().Should().BeEmpty();
    }

    [Fact]
    public async Task Call_NotXml_ReturnsFault() =>
        (await CallAsync(Context("garbage"))).Should().Match(Fault(8002, "*well-formed XML*line 1, position 1"));

    [Fact]
    public async Task Set_MessageOverLimit_ReturnsFault()
    {
        (await CallAsync("set", "test", new string('x', 1001))).Should().Match(Fault(8002, "a message must have at most 1000 bytes, but has 1001"));
        _engine.ReceivedCalls().Should().BeEmpty();
    }

    [Fact]
    public async Task Set_FullQueue_ReturnsFault()
    {
        _engine.AddAsync(Test, Arg.Any<NewMessage>(), Arg.Any<CancellationToken>()).Returns(new AddResult(AddStatus.Full, default));
        (await CallAsync("set", "test", "a")).Should().Match(Fault(8002, "the queue is full, so nothing was added"));
    }

    [Fact]
    public async Task Len_StoreUnavailable_ReturnsFault()
    {
        _engine.LengthAsync(Test, Arg.Any<CancellationToken>()).ThrowsAsync(new RestMqUnavailableException("redis:6379 \u001b"));
        (await CallAsync("len", "test")).Should().Match(Fault(8003, "the store is unavailable, so send the call again later"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_BodyOverLimit_Throws413(bool lengthKnown)
    {
        var context = Context(new string(' ', (2 * 1000) + (64 * 1024) + 1));
        if (!lengthKnown) context.Request.ContentLength = null;
        (await FluentActions.Awaiting(() => Endpoints().CallAsync(context)).Should().ThrowAsync<Problem>()).Which.Status.Should().Be(413);
    }

    [Fact]
    public async Task Set_LargestBinary_FitsInBody()
    {
        _engine.AddAsync(Test, Arg.Any<NewMessage>(), Arg.Any<CancellationToken>()).Returns(new AddResult(AddStatus.Added, Key));
        var base64 = Convert.ToBase64String(new byte[1000], Base64FormattingOptions.InsertLineBreaks);
        (await CallAsync("set", "test", $"<base64>{base64}</base64>")).Should().Contain("test:12");
        await _engine.Received(1).AddAsync(Test, Arg.Is<NewMessage>(message => message.Body.Bytes.Length == 1000), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task Multicall_SeveralCalls_ReturnsValueOrFaultOfEach()
    {
        _engine.AddAsync(Test, Arg.Any<NewMessage>(), Arg.Any<CancellationToken>()).Returns(new AddResult(AddStatus.Added, Key));
        _engine.LengthAsync(Test, Arg.Any<CancellationToken>()).ThrowsAsync(new RestMqUnavailableException("away"));
        var other = new MessageKey(QueueName.Parse("other"), 3);
        _engine.LeaseAsync(default!, default, default, default, default).ReturnsForAnyArgs(
            _ => [new QueueMessage(Key, MessageBody.FromText("first"), 1, default)], _ => [new QueueMessage(other, MessageBody.FromText("second"), 1, default)], _ => []);

        var reply = await CallAsync(Context(Multicall(
            ("set", "<value>test</value><value><base64>AAE=</base64></value>"), ("nope", ""), ("len", "<value>test</value>"), ("get", "<value>test</value>"),
            ("take", "<value>other</value>"), ("get", "<value>test</value>"), ("system.multicall", "<value><array><data/></array></value>"), ("len", "<value>a b</value>"))));

        System.Text.RegularExpressions.Regex.Matches(reply, "test:12|first|second|other:3|(?<=<int>)80\\d\\d|empty queue|must not be within").Select(found => found.Value)
            .Should().Equal("test:12", "8001", "8003", "first", "test:12", "second", "other:3", "8002", "empty queue", "8002", "must not be within", "8002");
        await _engine.Received(1).AddAsync(Test, Arg.Is<NewMessage>(message => message.Body.Kind == BodyKind.Binary), Arg.Any<CancellationToken>());
        await Settled(SettleAction.Ack, count: 1);
        await _engine.Received(1).SettleAsync(new Settlement(new Receipt(other, 1), SettleAction.Ack), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task Multicall_TooManyCalls_ReturnsFaultAndChangesNothing()
    {
        _options.MaxBatch = 2;
        (await CallAsync(Context(Multicall(("len", "<value>test</value>"), ("len", "<value>test</value>"), ("len", "<value>test</value>")))))
            .Should().Match(Fault(8002, "system.multicall must have at most 2 calls, but has 3"));
        _engine.ReceivedCalls().Should().BeEmpty();
    }

    [Fact]
    public async Task Multicall_StoppedMidway_ReturnsTakenMessages()
    {
        Taken(new QueueMessage(Key, MessageBody.FromText("tuna-boy"), 1, default));
        _engine.LengthAsync(Test, Arg.Any<CancellationToken>()).ThrowsAsync(new OperationCanceledException());
        var context = Context(Multicall(("get", "<value>test</value>"), ("len", "<value>test</value>")));
        await FluentActions.Awaiting(() => Endpoints().CallAsync(context)).Should().ThrowAsync<OperationCanceledException>();
        await Settled(SettleAction.Return, count: 1);
    }

    [Fact]
    public async Task Introspection_EveryMethod_IsDescribed()
    {
        string[] names = ["add", "del", "get", "len", "set", "system.listMethods", "system.methodHelp", "system.methodSignature", "system.multicall", "take"];
        (await CallAsync("system.listMethods")).Should().Contain(string.Concat(names.Select(name => $"<value><string>{name}</string></value>\n")));
        foreach (var name in names)
        {
            (await CallAsync("system.methodHelp", name)).Should().MatchRegex("<value><string>.{10,}</string></value>");
            (await CallAsync("system.methodSignature", name)).Should().MatchRegex("(?s)<data>\n<value><array><data>\n<value><string>[a-z0-9]+</string></value>");
        }
        (await CallAsync("system.methodSignature", "len")).Should().Contain(
            "<value><array><data>\n<value><array><data>\n<value><string>int</string></value>\n<value><string>string</string></value>\n</data></array></value>\n</data></array></value>");
    }

    [Fact]
    public async Task Call_Reply_IsXmlWithLength()
    {
        var context = Context(Call("nope"));
        await CallAsync(context);
        context.Response.StatusCode.Should().Be(200);
        context.Response.ContentType.Should().Be("text/xml");
        context.Response.ContentLength.Should().Be(context.Response.Body.Length);
    }

    private XmlRpcEndpoints Endpoints() => new(_engine, new DeliverySender(_engine, NullLogger<DeliverySender>.Instance), new AccessControl(), _options);

    private void Taken(QueueMessage message) => _engine.LeaseAsync(default!, default, default, default, default).ReturnsForAnyArgs([message]);

    private async Task Settled(SettleAction action, long count = 3) =>
        await _engine.Received(1).SettleAsync(new Settlement(new Receipt(Key, count), action), Arg.Any<CancellationToken>());

    private Task<string> CallAsync(string method, params string[] parameters) => CallAsync(Context(Call(method, parameters)));

    private async Task<string> CallAsync(HttpContext context)
    {
        await Endpoints().CallAsync(context);
        await context.Response.CompleteAsync(); // The server does this after the request.
        return Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray());
    }

    private static DefaultHttpContext Context(string document)
    {
        var body = Encoding.UTF8.GetBytes(document);
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(body);
        context.Request.ContentLength = body.Length;
        context.Response.Body = new MemoryStream();
        return context;
    }

    private static string Call(string method, params string[] parameters) =>
        $"<?xml version='1.0'?><methodCall><methodName>{method}</methodName><params>"
        + string.Concat(parameters.Select(value => $"<param><value>{value}</value></param>")) + "</params></methodCall>";

    private static string Multicall(params (string Method, string Values)[] calls) =>
        "<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>"
        + string.Concat(calls.Select(call =>
            $"<value><struct><member><name>methodName</name><value>{call.Method}</value></member><member><name>params</name><value><array><data>"
            + $"{call.Values}</data></array></value></member></struct></value>"))
        + "</data></array></value></param></params></methodCall>";

    private static string Fault(int code, string text) =>
        $"<?xml*<fault>*<name>faultCode</name>\n<value><int>{code}</int></value>*<name>faultString</name>\n<value><string>{text}</string></value>*</fault>*";

    /// <summary>Acts as a connection that breaks at the first byte.</summary>
    private sealed class Broken(CancellationTokenSource gone) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            gone.Cancel();
            throw new IOException("broken pipe");
        }
    }
}
