using System.Text;
using System.Text.Json;

namespace RestMq.EndToEnd.Http;

/// <summary>Tests that every way to add and every way to read a message keeps the bytes of its value.</summary>
public abstract class ValueTests(HostFixture fixture)
{
    private static readonly byte[] Png =
        [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1a, (byte)'\n', 0, 0, 0, 13, 0xff, 0xfe, (byte)'-', (byte)'-', (byte)'\r', (byte)'\n'];

    private static readonly Dictionary<string, string> Texts = new()
    {
        ["number"] = "42",
        ["leading zeros"] = "007",
        ["decimals"] = "1.50",
        ["blanks"] = "  padded\t ",
        ["one blank"] = " ",
        ["NUL"] = "a\0b",
        ["control characters"] = "\u0001\u001f\u007f\u0085",
        ["CR LF"] = "\r\na\r\n\r\nb\n",
        ["unicode"] = "héllo wörld ☃ 日本 😀 e\u0301 \ufeff \u2028",
        ["form characters"] = "a=b&c=d%41+%2B;?#",
        ["html"] = "</script><img onerror=\"alert('1')\">&amp;",
        ["JSON"] = "{\"a\":[1,2]}",
        ["backslashes"] = "\\u0041\\\\\"",
        ["1 MiB"] = new string('x', 1024 * 1024),
        ["1 MiB of 3-byte characters"] = new string('日', 1024 * 1024 / 3),
    };

    // In JSON, control characters and quotes are escaped, so the reply is larger than the message. No route may
    // refuse it for its size.
    private static readonly string Quotes = new('"', 300_000);

    private static readonly string[] WaysIn = ["form", "root form", "query", "multipart", "text/plain", "ndjson", "json protocol", "json protocol in a form"];
    private static readonly string[] WaysOut = ["GET", "GET /?queue=", "max", "raw", "take", "look", "stream"];

    private RestMqHost Host => fixture.Host;

    public static TheoryData<string, string> In() => Pairs(WaysIn);

    public static TheoryData<string, string> Out() => Pairs(WaysOut);

    [Theory]
    [MemberData(nameof(In))]
    public async Task Add_AnyText_IsKept(string way, string name)
    {
        var queue = Host.NextQueue("value");
        (await AddAsync(way, queue, Texts[name])).Is(200);
        // A line of NDJSON is a JSON message. Its raw bytes hold the quotes and escapes that were sent.
        var found = way == "ndjson" ? await Host.TakeValueAsync(queue) : (await Host.AskAsync($"GET /q/{queue}?format=raw")).Is(200).Text;
        Same(found, Texts[name]);
    }

    [Theory]
    [MemberData(nameof(Out))]
    public async Task Read_AnyText_IsKept(string way, string name) => await ReadBackAsync(way, Texts[name]);

    [Theory]
    [InlineData("GET")]
    [InlineData("take")]
    [InlineData("stream")]
    public async Task Read_TextOfQuotes_IsKept(string way) => await ReadBackAsync(way, Quotes);

    [Theory]
    [InlineData("raw body")]
    [InlineData("multipart")]
    [InlineData("json protocol")]
    public async Task Add_Binary_IsKept(string way)
    {
        var queue = Host.NextQueue("png");
        for (var i = 0; i < 4; i++) (await AddPngAsync(way, queue)).Is(200);

        var json = await Host.TakeAsync(queue);
        json.Text("value").Should().Be(Convert.ToBase64String(Png));
        json.Text("encoding").Should().Be("base64");
        json.Text("type").Should().Be("image/png");

        var raw = await Host.AskAsync($"GET /q/{queue}?format=raw");
        raw.Is(200).Body.Should().Equal(Png);
        raw.MediaType.Should().Be("image/png");
        raw.Header("RestMQ-Key").Should().Be($"{queue}:2");

        var taken = (await Host.CommandAsync($$"""{"cmd":"take","queue":"{{queue}}"}""")).Is(200).Json;
        (taken.Text("value"), taken.Text("encoding"), taken.Text("type")).Should().Be((Convert.ToBase64String(Png), "base64", "image/png"));

        await using var stream = await Host.ListenAsync(queue);
        var line = await stream.NextAsync();
        (line.Text("value"), line.Text("encoding"), line.Text("type")).Should().Be((Convert.ToBase64String(Png), "base64", "image/png"));
    }

    [Theory]
    [InlineData("12")]
    [InlineData("1.50")]
    [InlineData("-0.0e+10")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("true")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"a" : {"b":[1, 2.50 ,"x\u00e9\/"]} , "a":1}""")]
    public async Task Add_AnyJson_IsKept(string json)
    {
        var queue = Host.NextQueue("json");
        for (var i = 0; i < 2; i++) (await Host.CommandAsync($$"""{"cmd":"add","queue":"{{queue}}","value":{{json}}}""")).Is(200);
        (await Host.AskAsync($"GET /q/{queue}")).Is(200).Text.Should().Be($$"""{"key":"{{queue}}:1","value":{{json}},"count":1}""" + "\r\n");
        var taken = await Host.CommandAsync($$"""{"cmd":"take","queue":"{{queue}}"}""");
        taken.Is(200).Json.GetProperty("value").GetRawText().Should().Be(json);
    }

    private static TheoryData<string, string> Pairs(string[] ways)
    {
        var data = new TheoryData<string, string>();
        foreach (var way in ways)
        {
            foreach (var (name, text) in Texts)
            {
                // The length of a request line is limited. The length of an NDJSON line is limited too. There, the
                // limit includes quotes and escapes.
                if (text.Length < 1000 || way is not ("query" or "ndjson")) data.Add(way, name);
            }
        }
        return data;
    }

    private async Task ReadBackAsync(string way, string text)
    {
        var queue = Host.NextQueue("value");
        (await AddAsync("text/plain", queue, text)).Is(200);
        var found = way switch
        {
            "GET" => (await Host.AskAsync($"GET /q/{queue}")).Is(200).Json.Text("value"),
            "GET /?queue=" => (await Host.AskAsync($"GET /?queue={queue}")).Is(200).Json.Text("value"),
            "max" => RawReply.ParseJson((await Host.AskAsync($"GET /q/{queue}?max=3")).Is(200).Lines.Single()).Text("value"),
            "raw" => (await Host.AskAsync($"GET /q/{queue}?format=raw")).Is(200).Text,
            "take" => (await Host.CommandAsync($$"""{"cmd":"take","queue":"{{queue}}"}""")).Is(200).Json.Text("value"),
            "look" => (await Host.AskAsync($"GET /q/{queue}/{queue}:1")).Is(200).Json.Text("value"),
            "stream" => await FromStreamAsync(queue),
            _ => throw new ArgumentOutOfRangeException(nameof(way)),
        };
        Same(found, text);
    }

    /// <summary>Compares two texts without printing a megabyte on failure.</summary>
    private static void Same(string? found, string text) =>
        string.Equals(found, text, StringComparison.Ordinal).Should().BeTrue(
            $"the value that was read is {Escaped.Show(Encoding.UTF8.GetBytes(found!), 200)}");

    private async Task<string?> FromStreamAsync(string queue)
    {
        await using var stream = await Host.ListenAsync(queue);
        return (await stream.NextAsync()).Text("value");
    }

    private Task<RawReply> AddAsync(string way, string queue, string text) => way switch
    {
        "form" => Host.AskAsync($"POST /q/{queue}", RawRequest.FormOf("value", text)),
        "root form" => Host.AskAsync("POST /", $"queue={queue}&{RawRequest.FormOf("value", text)}"),
        "query" => Host.AskAsync($"POST /q/{queue}?{RawRequest.FormOf("value", text)}"),
        "multipart" => Host.AskAsync($"POST /q/{queue}", Multipart(Encoding.UTF8.GetBytes(text), ""), MultipartType),
        "text/plain" => Host.AskAsync($"POST /q/{queue}", text, "Content-Type: text/plain"),
        "ndjson" => Host.AskAsync($"POST /q/{queue}", JsonSerializer.Serialize(text) + "\n", "Content-Type: application/x-ndjson"),
        "json protocol" => Host.CommandAsync(AddCommand(queue, text)),
        "json protocol in a form" => Host.AskAsync("POST /queue", RawRequest.FormOf("body", AddCommand(queue, text))),
        _ => throw new ArgumentOutOfRangeException(nameof(way)),
    };

    private Task<RawReply> AddPngAsync(string way, string queue) => way switch
    {
        "raw body" => Host.AskAsync($"POST /q/{queue}", Png, "Content-Type: image/png"),
        "multipart" => Host.AskAsync($"POST /q/{queue}", Multipart(Png, "; filename=\"photo.png\"\r\nContent-Type: image/png"), MultipartType),
        "json protocol" => Host.CommandAsync(
            $$"""{"cmd":"add","queue":"{{queue}}","value":"{{Convert.ToBase64String(Png)}}","encoding":"base64","type":"image/png"}"""),
        _ => throw new ArgumentOutOfRangeException(nameof(way)),
    };

    private const string MultipartType = "Content-Type: multipart/form-data; boundary=----b0undary";

    private static byte[] Multipart(byte[] value, string more) =>
    [
        .. Encoding.ASCII.GetBytes($"------b0undary\r\nContent-Disposition: form-data; name=\"value\"{more}\r\n\r\n"), .. value,
        .. "\r\n------b0undary--\r\n"u8,
    ];

    private static string AddCommand(string queue, string text) => $$"""{"cmd":"add","queue":"{{queue}}","value":{{JsonSerializer.Serialize(text)}}}""";

    public sealed class OnMemory(MemoryHost host) : ValueTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : ValueTests(host), IClassFixture<RedisHost>;
}
