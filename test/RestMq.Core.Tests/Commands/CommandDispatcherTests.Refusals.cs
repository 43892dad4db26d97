using System.Text;

namespace RestMq.Commands;

/// <summary>Verifies that an invalid command is refused with a message and changes nothing.</summary>
public sealed partial class CommandDispatcherTests
{
    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("hello", "not JSON")]
    [InlineData("{", "not JSON")]
    [InlineData("""{"cmd":"purge","queue":"test"} x""", "not JSON")]
    [InlineData("""{"cmd":"purge","queue":"test",}""", "not JSON")]
    [InlineData("""{'cmd':'purge','queue':'test'}""", "not JSON")]
    [InlineData("null", "JSON object")]
    [InlineData("[]", "JSON object")]
    [InlineData("\"purge\"", "JSON object")]
    [InlineData("12", "JSON object")]
    [InlineData("{}", "'cmd' is missing")]
    [InlineData("""{"queue":"test"}""", "'cmd' is missing")]
    [InlineData("""{"Cmd":"purge","queue":"test"}""", "'cmd' is missing")]
    [InlineData("""{"cmd":7,"queue":"test"}""", "'cmd' must be a string")]
    [InlineData("""{"cmd":null,"queue":"test"}""", "'cmd' must be a string")]
    [InlineData("""{"cmd":"\udc00","queue":"test"}""", "'cmd' must be valid Unicode")]
    [InlineData("""{"cmd":"nope","queue":"test"}""", "'cmd' must be one of add, bury, del, extend, get, lease, len, policy, purge, queues, redrive, release, start, stop, take, but was 'nope'")]
    [InlineData("""{"cmd":"PURGE","queue":"test"}""", "but was 'PURGE'")]
    [InlineData("""{"cmd":"","queue":"test"}""", "but was ''")]
    [InlineData("""{"cmd":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa😀bbb","queue":"test"}""", "but was 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("""{"cmd":"purge"}""", "'queue' is missing")]
    [InlineData("""{"cmd":"purge","queue":1}""", "'queue' must be a string")]
    [InlineData("""{"cmd":"purge","queue":null}""", "'queue' must be a string")]
    [InlineData("""{"cmd":"purge","queue":""}""", "1 to 200 bytes")]
    [InlineData("""{"cmd":"purge","queue":"a b"}""", "no control characters, white space")]
    [InlineData("""{"cmd":"purge","queue":"a\u0000"}""", "no control characters")]
    [InlineData("""{"cmd":"purge","queue":".."}""", "'..'")]
    [InlineData("""{"cmd":"purge","queue":"\ud800"}""", "'queue' must be valid Unicode")]
    [InlineData("""{"cmd":"purge","queue":"test","\ud800":1}""", "A field's name must be valid Unicode")]
    [InlineData("""{"\ud800":1,"cmd":"add","queue":"test","value":1}""", "A field's name must be valid Unicode")]
    [InlineData("""{"cmd":"purge","queue":"test","state":"old"}""", "'state' must be ready, leased, delayed or dead, but was 'old'")]
    [InlineData("""{"cmd":"purge","queue":"test","state":null}""", "'state' must be a string")]
    [InlineData("""{"cmd":"redrive","queue":"test","key":"test"}""", "'key' must be a message's key, such as test:1, but was 'test'")]
    [InlineData("""{"cmd":"redrive","queue":"test","key":"test:1.1"}""", "'key' must be a message's key, such as test:1, but was a receipt")]
    [InlineData("""{"cmd":"redrive","queue":"test","key":"other:1"}""", "must belong to the queue test, but was other:1")]
    [InlineData("""{"cmd":"redrive","queue":"test","key":7}""", "'key' must be a string")]
    [InlineData("""{"cmd":"add","queue":"test"}""", "'value' is missing")]
    [InlineData("""{"cmd":"add","queue":"test","value":"\ud800"}""", "'value' must be valid Unicode")]
    [InlineData("""{"cmd":"add","queue":"test","values":["good","\ud800"]}""", "'values' must be valid Unicode")]
    [InlineData("""{"cmd":"add","queue":"test","values":"one"}""", "'values' must be a list")]
    [InlineData("""{"cmd":"add","queue":"test","values":null}""", "'values' must be a list")]
    [InlineData("""{"cmd":"add","queue":"test","values":[]}""", "1 to 1000")]
    [InlineData("""{"cmd":"add","queue":"test","values":["one","two"],"id":"x"}""", "'id' must not be sent with 'values'")]
    [InlineData("""{"cmd":"add","queue":"test","values":["AA=="],"encoding":"base64"}""", "'encoding' and 'type' must not be sent with 'values'")]
    [InlineData("""{"cmd":"add","queue":"test","values":["a"],"type":"text/html"}""", "'encoding' and 'type' must not be sent with 'values'")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","encoding":"hex"}""", "'encoding'")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","encoding":64}""", "'encoding' must be a string")]
    [InlineData("""{"cmd":"add","queue":"test","value":"no base64!","encoding":"base64"}""", "must be a string of base64")]
    [InlineData("""{"cmd":"add","queue":"test","value":7,"encoding":"base64"}""", "must be a string of base64")]
    [InlineData("""{"cmd":"add","queue":"test","value":"\ud800","encoding":"base64"}""", "base64")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","type":"no type"}""", "content type")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","type":"text/x\r\nEvil: 1"}""", "content type")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","type":"text/é"}""", "content type")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","delay":"1"}""", "'delay' must be a number")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","delay":null}""", "'delay' must be a number")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","delay":-0.001}""", "'delay' must be between 0 and 31536000 seconds")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","delay":31536000.001}""", "'delay' must be between 0 and")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","delay":1e400}""", "'delay' must be")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","delay":-1e400}""", "'delay' must be")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","ttl":0.999}""", "'ttl' must be between 1 and 315360000 seconds, but was 0.999")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","ttl":315360001}""", "'ttl' must be")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","id":""}""", "1 to 200 characters")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","id":7}""", "'id' must be a string")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","durability":"fsynced"}""", "'durability' must be stored or replicated, but was 'fsynced'")]
    [InlineData("""{"cmd":"add","queue":"test","values":["x"],"durability":2}""", "'durability' must be a string")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","durability":"replicated"}""", "was replicated for memory. Nothing was changed")]
    [InlineData("""{"cmd":"add","queue":"test","values":["x"],"durability":"replicated"}""", "was replicated for memory")]
    [InlineData("""{"cmd":"policy","queue":"test","policy":"roundrobin","durability":"replicated"}""", "was replicated for memory")]
    [InlineData("""{"cmd":"policy","queue":"test","durability":null}""", "'durability' must be a string")]
    [InlineData("""{"cmd":"lease","queue":"test","lease":0.9}""", "'lease' must be between 1 and 43200 seconds, but was 0.9")]
    [InlineData("""{"cmd":"lease","queue":"test","lease":43201}""", "'lease' must be")]
    [InlineData("""{"cmd":"lease","queue":"test","lease":true}""", "'lease' must be a number")]
    [InlineData("""{"cmd":"del","queue":"test"}""", "'key' is missing")]
    [InlineData("""{"cmd":"del","queue":"test","key":1}""", "'key' must be a string")]
    [InlineData("""{"cmd":"del","queue":"test","key":"1"}""", "'key' must be a message's key")]
    [InlineData("""{"cmd":"del","queue":"test","key":"test:01"}""", "'key' must be a message's key")]
    [InlineData("""{"cmd":"del","queue":"test","key":"other:1"}""", "must belong to the queue test, but was other:1")]
    [InlineData("""{"cmd":"del","queue":"test","receipt":"other:1.1"}""", "must belong to the queue test, but was other:1.1")]
    [InlineData("""{"cmd":"del","queue":"test","receipt":"test:1"}""", "'receipt' must be the receipt of a lease")]
    [InlineData("""{"cmd":"extend","queue":"test"}""", "'receipt' is missing")]
    [InlineData("""{"cmd":"extend","queue":"test","receipt":"other:1.1"}""", "must belong to the queue test")]
    [InlineData("""{"cmd":"extend","queue":"test","receipt":"test:1.1","lease":0}""", "'lease' must be")]
    [InlineData("""{"cmd":"release","queue":"test","receipt":"test:1"}""", "'receipt' must be the receipt of a lease")]
    [InlineData("""{"cmd":"release","queue":"test","receipt":"test:1.1","delay":-1}""", "'delay' must be")]
    [InlineData("""{"cmd":"bury","queue":"test","receipt":"test:1.1","reason":7}""", "'reason' must be a string")]
    [InlineData("""{"cmd":"bury","queue":"test","receipt":"test:1.1","reason":"\ud800"}""", "'reason' must be valid Unicode")]
    [InlineData("""{"cmd":"policy","queue":"test","policy":"fair"}""", "'policy' must be broadcast or roundrobin")]
    [InlineData("""{"cmd":"policy","queue":"test","policy":null}""", "'policy' must be a string")]
    public Task Dispatch_InvalidCommand_IsRefused(string command, string says) =>
        IsRefusedAsync(Encoding.UTF8.GetBytes(command), says);

    [Theory]
    [InlineData(0xFF)]
    [InlineData(0xC0, 0xAF)]
    [InlineData(0xED, 0xA0, 0x80)]
    [InlineData(0xE2, 0x82)]
    public Task Dispatch_InvalidUtf8_IsRefused(params int[] bytes) => IsRefusedAsync(
        [.. """{"cmd":"add","queue":"test","value":{"a":" """u8, .. bytes.Select(b => (byte)b), .. "\"}}"u8], "not UTF-8");

    [Fact]
    public Task Dispatch_Utf16_IsRefused() =>
        IsRefusedAsync(Encoding.Unicode.GetBytes("""{"cmd":"purge","queue":"test"}"""), "JSON");

    [Fact]
    public async Task Dispatch_BeyondALimit_IsRefused()
    {
        var large = new string('x', (1024 * 1024) + 1);
        await IsRefusedAsync(Bytes($$"""{"cmd":"add","queue":"test","value":"{{large}}"}"""), "at most 1048576 bytes, but has 1048577", CommandOutcome.TooLarge);
        await IsRefusedAsync(Bytes($$"""{"cmd":"add","queue":"test","values":["good","{{large}}"]}"""), "at most 1048576 bytes", CommandOutcome.TooLarge);
        await IsRefusedAsync(Bytes($$"""{"cmd":"add","queue":"test","values":[{{string.Join(',', Enumerable.Range(0, 1001))}}]}"""), "1 to 1000");
        await IsRefusedAsync(Bytes($$"""{"cmd":"add","queue":"test","value":1,"id":"{{new string('k', 201)}}"}"""), "1 to 200 characters");
        await IsRefusedAsync(Bytes($$"""{"cmd":"add","queue":"test","value":{{new string('[', 70)}}{{new string(']', 70)}}}"""), "not JSON");
        await IsRefusedAsync(Bytes($$"""{"cmd":"add","queue":"{{new string('q', 201)}}","value":1}"""), "at most 200 bytes");

        var batch = string.Join(',', Enumerable.Repeat($"\"{new string('x', 1024 * 1024)}\"", 16));
        await IsRefusedAsync(Bytes($$"""{"cmd":"add","queue":"test","values":[{{batch}},"x"]}"""), "at most 16777216 bytes, but has 16777217", CommandOutcome.TooLarge);

        static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
    }

    private async Task IsRefusedAsync(byte[] command, string says, CommandOutcome outcome = CommandOutcome.Refused)
    {
        await AnswerAsync("""{"cmd":"add","queue":"test","value":"stays"}""");
        await AnswerAsync("""{"cmd":"add","queue":"test","value":"is held"}""");
        await AnswerAsync("""{"cmd":"lease","queue":"test"}""");
        var before = await EverythingAsync();

        var reply = await DispatchAsync(command);

        reply.Outcome.Should().Be(outcome);
        var error = System.Text.Json.JsonDocument.Parse(reply.Json).RootElement;
        error.EnumerateObject().Should().ContainSingle().Which.Name.Should().Be("error");
        error.GetProperty("error").GetString().Should().Contain(says);
        Text(reply).Should().NotContainAny("\r", "\n");
        reply.Taken.Should().BeNull();
        (await EverythingAsync()).Should().Be(before);
        await AnswerAsync("""{"cmd":"purge","queue":"test"}""");
    }

    private async Task<string> EverythingAsync()
    {
        var queues = await AnswerAsync("""{"cmd":"queues"}""");
        return $"{queues} {await _engine.StatsAsync(Queue)} {await _engine.PeekAsync(new MessageKey(Queue, 1))}";
    }
}
