using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using NSubstitute;
using RestMq.XmlRpc;

namespace RestMq.Http;

/// <summary>
/// Tests that the work of parsing grows with the size of the input, not faster. Ten times the input may take thirty
/// times as long, which quadratic work exceeds by far.
/// </summary>
public sealed class LinearTests
{
    private const int Most = 30;

    private static readonly RestMqOptions Limits = new() { MaxMessageBytes = 16 * 1024 * 1024, MaxBatchBytes = 64 * 1024 * 1024 };

    // Each row parses an input of n parts. The size is such that quadratic work takes seconds.
    private static readonly Dictionary<string, (int Size, Func<int, Func<Task>> Make)> Parsers = new()
    {
        ["fields of a command"] = (40_000, n => Command($$"""{"cmd":"add","queue":"q","values":[{{List(n / 40, "1")}}],{{List(n, "\"x\":1")}}}""")),
        ["values of a command"] = (40_000, n => Command($$"""{"cmd":"add","queue":"q","value":[{{List(n, "{\"a\":[]}")}}]}""")),
        ["members of a command"] = (40_000, n => Command($$$"""{"cmd":"add","queue":"q","value":{{{{List(n, "\"same\":1")}}}}}""")),
        ["escapes of a command"] = (40_000, n => Command($$"""{"cmd":"add","queue":"q","value":"{{Text(n, "\\ud83d\\ude00\\\\")}}"}""")),
        ["JSON"] = (40_000, n => Body(Text(1, "[") + List(n, "\"\\u00e9\\n\"") + "]", "application/json")),
        ["parameters of a content type"] = (15, n => Body("x", "text/plain" + Text(n, "; a=\"\\\"\""))),
        ["escapes of a form"] = (100_000, n => Form("value=" + Text(n, "%41+"), "application/x-www-form-urlencoded")),
        ["percent signs of a form"] = (100_000, n => Form("value=" + Text(n, "%%4"), "application/x-www-form-urlencoded")),
        ["separators of a form"] = (100_000, n => Form(Text(n, "&") + "value=x", "application/x-www-form-urlencoded")),
        ["fields of a form"] = (100, n => Form(Text(n, "a=b&") + "value=x", "application/x-www-form-urlencoded")),
        ["fields beside lines"] = (100, n => Lines(n, Text(n, "&a=b"))),
        ["line ends in a part"] = (20_000, n => Form("--b\r\nContent-Disposition: form-data; name=value\r\n\r\n" + Text(n, "\r\n--") + "\r\n--b--\r\n", "multipart/form-data; boundary=b")),
        ["boundaries in a part"] = (20_000, n => Form(
            $"--{new string('b', 60)}\r\nContent-Disposition: form-data; name=value\r\n\r\n{Text(n, "\r\n--" + new string('b', 59))}\r\n--{new string('b', 60)}--\r\n",
            $"multipart/form-data; boundary={new string('b', 60)}")),
        ["parts of a form"] = (100, n => Form(Text(n, "--b\r\nContent-Disposition: form-data; name=value\r\n\r\nx\r\n") + "--b--\r\n", "multipart/form-data; boundary=b")),
        ["members of a struct"] = (10_000, n => Xml($"<struct>{Text(n, "<member><name>a</name><value>1</value></member>")}</struct>")),
        ["values of an array"] = (10_000, n => Xml($"<array><data>{Text(n, "<value><nil/></value>")}</data></array>")),
        ["references of a string"] = (20_000, n => Xml($"<string>{Text(n, "&amp;&#233;")}</string>")),
        ["comments of a string"] = (20_000, n => Xml($"<string>{Text(n, "a<!-- b -->")}</string>")),
        ["attributes of a value"] = (2_000, n => Xml($"<string {string.Concat(Enumerable.Range(0, n).Select(i => $"a{i}='' "))}/>")),
        ["namespaces of a value"] = (2_000, n => Xml($"<string {string.Concat(Enumerable.Range(0, n).Select(i => $"xmlns:a{i}='b{i}' a{i}:c='' "))}/>")),
    };

    public static TheoryData<string> Rows() => [.. Parsers.Keys];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Parse_TenTimesTheInput_TakesAboutTenTimesAsLong(string name)
    {
        var (size, make) = Parsers[name];
        var (small, large) = (make(size), make(10 * size));
        await small(); // The first call compiles the code.
        var ratio = double.MaxValue;
        // A busy machine makes single measurements too long, never too short.
        for (var i = 0; i < 5 && ratio > Most; i++)
        {
            var (once, tenTimes) = (await TimeAsync(small), await TimeAsync(large));
            ratio = Math.Min(ratio, tenTimes.TotalMilliseconds / Math.Max(once.TotalMilliseconds, 2));
        }
        ratio.Should().BeLessThan(Most);
    }

    private static async Task<TimeSpan> TimeAsync(Func<Task> act)
    {
        var start = Stopwatch.GetTimestamp();
        await act();
        return Stopwatch.GetElapsedTime(start);
    }

    private static Func<Task> Command(string json)
    {
        var engine = Substitute.For<IQueueEngine>();
        engine.AddAsync(Arg.Any<QueueName>(), Arg.Any<IReadOnlyList<NewMessage>>(), Arg.Any<CancellationToken>()).Returns([]);
        engine.AddAsync(Arg.Any<QueueName>(), Arg.Any<NewMessage>(), Arg.Any<CancellationToken>()).Returns(new AddResult(AddStatus.Added, new MessageKey(QueueName.Parse("q"), 1)));
        var limits = new RestMqOptions { MaxMessageBytes = Limits.MaxMessageBytes, MaxBatchBytes = Limits.MaxBatchBytes, MaxBatch = int.MaxValue };
        var dispatcher = new CommandDispatcher(engine, Options.Create(limits));
        var bytes = Encoding.UTF8.GetBytes(json);
        return async () => (await dispatcher.DispatchAsync(bytes)).Outcome.Should().Be(CommandOutcome.Answered);
    }

    private static Func<Task> Body(string text, string type)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return () => Task.FromResult(MessageBody.FromRequest(bytes, type));
    }

    private static Func<Task> Form(string text, string type)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return async () =>
        {
            var context = ContextOf(bytes, type);
            var fields = await Fields.ReadAsync(context, bytes.Length);
            AddRequests.OfForm(fields, context, Limits).Body.Kind.Should().Be(BodyKind.Text);
        };
    }

    private static Func<Task> Lines(int count, string query)
    {
        var bytes = Encoding.UTF8.GetBytes(Text(count, "1\n"));
        return async () =>
        {
            var context = ContextOf(bytes, "application/x-ndjson");
            context.Request.QueryString = new QueryString("?x=1" + query);
            (await AddRequests.OfLinesAsync(Fields.OfQuery(context), context, Limits)).Should().HaveCount(count);
        };
    }

    private static Func<Task> Xml(string value)
    {
        var bytes = Encoding.UTF8.GetBytes($"<methodCall><methodName>set</methodName><params><param><value>{value}</value></param></params></methodCall>");
        return () =>
        {
            XmlRpcReader.TryRead(bytes, out _, out var error).Should().BeTrue(error);
            return Task.CompletedTask;
        };
    }

    private static DefaultHttpContext ContextOf(byte[] body, string type)
    {
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(body);
        context.Request.ContentType = type;
        return context;
    }

    private static string Text(int count, string part) => new StringBuilder(count * part.Length).Insert(0, part, count).ToString();

    private static string List(int count, string part) => string.Join(',', Enumerable.Repeat(part, count));
}
