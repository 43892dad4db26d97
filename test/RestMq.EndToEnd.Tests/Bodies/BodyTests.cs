using System.Text;

namespace RestMq.EndToEnd.Bodies;

/// <summary>Tests what is alike for every door: Unicode, empty messages and byte order marks.</summary>
public abstract partial class BodyTests(HostFixture fixture)
{
    private RestMqHost Host => fixture.Host;

    public static TheoryData<string, string> NoUnicodeTexts() => Pairs(
        Takes.Text, ["\xFF", "half \xED\xA0\xBD", "\xED\xB8\x80", "cut \xF0\x9F\x98", "\xC0\x80", "\xF4\x90\x80\x80"]);

    public static TheoryData<string, string> NoUnicodeJson() => Pairs(
        Takes.Json,
        [
            "\"half \\ud83d\"", "\"\\uDE00 half\"", "\"\\ude00\\ud83d\"", "[{\"a\":[\"\\ud83d\\ud83d\\ude00\"]}]", "{\"\\ud83d\":1}", "\"\\\\\\ud83d\"",
            "\"\xFF\"", "\"\xED\xA0\xBD\"", "\"\xC3\"", "{\"\xFF\":1}",
        ]);

    public static TheoryData<string> TextDoors() => [.. Door.All.Where(door => door.Takes == Takes.Text).Select(door => door.Name)];

    public static TheoryData<string> JsonDoors() => [.. Door.All.Where(door => door.Takes == Takes.Json).Select(door => door.Name)];

    public static TheoryData<string> Doors() => [.. Door.All.Select(door => door.Name)];

    [Theory]
    [MemberData(nameof(NoUnicodeTexts))]
    [MemberData(nameof(NoUnicodeJson))]
    public async Task Add_NoUnicode_IsRefused(string door, string content)
    {
        var queue = Host.NextQueue("half");
        (await DoorOf(door).SendAsync(Host, queue, Encoding.Latin1.GetBytes(content))).IsRefused();
        await Host.IsEmptyAsync(queue);
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Add_CharactersBeyond16Bits_AreKept(string door)
    {
        var queue = Host.NextQueue("whole");
        const string Text = "whole 😀 \ufffd";
        var content = DoorOf(door).Takes == Takes.Text ? Encoding.UTF8.GetBytes(Text) : "\"whole \\uD83D\\ude00 \\ufffd\""u8.ToArray();
        (await DoorOf(door).SendAsync(Host, queue, content)).IsAdded();
        (await Host.TakeValueAsync(queue)).Should().Be(Text);
    }

    [Theory]
    [InlineData("POST /queue", """{"cmd":"bury","queue":"{q}","receipt":"{q}:1.1","reason":"\ud83d"}""")]
    [InlineData("POST /queue", """{"cmd":"add","queue":"{q}","value":"x","id":"\ud83d"}""")]
    [InlineData("POST /queue", """{"cmd":"add","queue":"{q}","value":"x","type":"text/\ud83d"}""")]
    [InlineData("POST /queue", """{"cmd":"add","queue":"{q}","value":"x","unknown":"\ud83d"}""")]
    [InlineData("POST /queue", """{"cmd":"add","queue":"{q}","value":"x","\ud83d":1}""")]
    [InlineData("POST /queue", """{"cmd":"len","queue":"\ud83d"}""")]
    [InlineData("POST /queue", """{"cmd":"\ud83d","queue":"{q}"}""")]
    [InlineData("POST /queue", """{"cmd":"del","queue":"{q}","key":"\ud83d"}""")]
    public async Task Command_FieldNoUnicode_Returns400(string line, string command)
    {
        var queue = Host.NextQueue("field");
        (await Host.AskAsync(line, command.Replace("{q}", queue), "Content-Type: application/json")).Is(400).Json.Text("error").Should().NotBeNullOrEmpty();
        (await Host.QueuesAsync()).Should().NotContain(queue);
    }

    [Theory]
    [InlineData("Idempotency-Key")]
    [InlineData("RestMQ-Unknown")]
    public async Task Header_NoUnicode_Returns400(string name)
    {
        await using var connection = await Host.ConnectAsync();
        await connection.SendAsync((byte[])[.. Encoding.ASCII.GetBytes($"POST /q/x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n{name}: "), 0xFF, .. "\r\n\r\n"u8]);
        (await connection.ReadReplyAsync()).Status.Should().Be(400);
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Add_EmptyMessage_IsAMessage(string door)
    {
        var queue = Host.NextQueue("empty");
        for (var i = 0; i < 3; i++) (await DoorOf(door).SendAsync(Host, queue, DoorOf(door).Takes == Takes.Text ? [] : "\"\""u8.ToArray())).IsAdded();
        (await Host.TakeAsync(queue)).Text("value").Should().BeEmpty();
        // JSON that was sent as a body of its own keeps its bytes.
        (await Host.AskAsync($"GET /q/{queue}?format=raw")).Is(200).Text.Should().BeOneOf("", "\"\"");
        if (DoorOf(door).Request is null) await Host.StartAsync(queue);
        await using var stream = await Host.ListenAsync(queue);
        (await stream.NextAsync()).Text("value").Should().BeEmpty();
    }

    [Theory]
    [InlineData("application/octet-stream")]
    [InlineData("image/png")]
    public async Task Add_EmptyBytes_AreAMessage(string type)
    {
        var queue = Host.NextQueue("empty");
        (await Host.AskAsync($"POST /q/{queue}", "", $"Content-Type: {type}")).Is(200);
        var reply = await Host.AskAsync($"GET /q/{queue}?format=raw");
        (reply.Is(200).MediaType, reply.Body.Length).Should().Be((type, 0));
    }

    [Fact]
    public async Task Add_NoBodyWithContentType_TakesTheFieldOfTheQuery()
    {
        var queue = Host.NextQueue("query");
        (await Host.AskAsync($"POST /q/{queue}?value=found", "", "Content-Type: text/plain")).Is(200);
        (await Host.TakeValueAsync(queue)).Should().Be("found");
    }

    [Theory]
    [MemberData(nameof(JsonDoors))]
    public async Task Add_ByteOrderMark_IsSkipped(string door)
    {
        var queue = Host.NextQueue("mark");
        // The mark is before the JSON: within a form or a part that is the value, not the body.
        byte[] json = [.. "\ufeff"u8, .. "{\"a\":1}"u8];
        var reply = door.StartsWith("command", StringComparison.Ordinal) || door == "WebSocket"
            ? await DoorOf(door).SendAsync(Host, queue, "{\"a\":1}"u8.ToArray(), body => door.Contains(" in a ") ? InValue(body) : [.. "\ufeff"u8, .. body])
            : await DoorOf(door).SendAsync(Host, queue, json);
        reply.IsAdded();
        (await Host.TakeAsync(queue)).GetProperty("value").GetRawText().Should().Be("{\"a\":1}");
    }

    [Theory]
    [InlineData("form")]
    [InlineData("msg")]
    [InlineData("root form")]
    [InlineData("part")]
    [InlineData("root part")]
    public async Task Add_ByteOrderMarkBeforeForm_IsSkipped(string door)
    {
        var queue = Host.NextQueue("mark");
        (await DoorOf(door).SendAsync(Host, queue, "x"u8.ToArray(), body => [.. "\ufeff"u8, .. body])).IsAdded();
        (await Host.TakeValueAsync(queue)).Should().Be("x");
    }

    private static Door DoorOf(string name) => Door.All.Single(door => door.Name == name);

    // Puts the mark before the command, which is the value of the field `body`.
    private static byte[] InValue(byte[] body)
    {
        var text = Encoding.Latin1.GetString(body);
        var isForm = text.StartsWith("body=", StringComparison.Ordinal);
        var at = isForm ? "body=".Length : text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        return [.. body[..at], .. isForm ? "%EF%BB%BF"u8 : "\ufeff"u8, .. body[at..]];
    }

    private static TheoryData<string, string> Pairs(Takes takes, string[] contents, Func<Door, bool>? applies = null)
    {
        var data = new TheoryData<string, string>();
        foreach (var door in Door.All.Where(door => door.Takes == takes && applies?.Invoke(door) != false))
        {
            foreach (var content in contents) data.Add(door.Name, content);
        }
        return data;
    }

    public sealed class OnMemory(MemoryHost host) : BodyTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : BodyTests(host), IClassFixture<RedisHost>;
}
