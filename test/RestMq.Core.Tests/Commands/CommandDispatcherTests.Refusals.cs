using System.Text;

namespace RestMq.Commands;

/// <summary>What is no command is refused with a sentence, and changes nothing.</summary>
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
    [InlineData("""{"cmd":7,"queue":"test"}""", "'cmd' is a string")]
    [InlineData("""{"cmd":null,"queue":"test"}""", "'cmd' is a string")]
    [InlineData("""{"cmd":"\udc00","queue":"test"}""", "'cmd' is not valid Unicode")]
    [InlineData("""{"cmd":"nope","queue":"test"}""", "unknown command 'nope': use add, bury, del, extend, get, lease, len, policy, purge, queues, redrive, release, start, stop, take")]
    [InlineData("""{"cmd":"PURGE","queue":"test"}""", "unknown command 'PURGE'")]
    [InlineData("""{"cmd":"","queue":"test"}""", "unknown command ''")]
    [InlineData("""{"cmd":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa😀bbb","queue":"test"}""", "unknown command 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("""{"cmd":"purge"}""", "'queue' is missing")]
    [InlineData("""{"cmd":"purge","queue":1}""", "'queue' is a string")]
    [InlineData("""{"cmd":"purge","queue":null}""", "'queue' is a string")]
    [InlineData("""{"cmd":"purge","queue":""}""", "1 to 200 bytes")]
    [InlineData("""{"cmd":"purge","queue":"a b"}""", "no control characters, white space")]
    [InlineData("""{"cmd":"purge","queue":"a\u0000"}""", "no control characters")]
    [InlineData("""{"cmd":"purge","queue":".."}""", "'..'")]
    [InlineData("""{"cmd":"purge","queue":"\ud800"}""", "'queue' is not valid Unicode")]
    [InlineData("""{"cmd":"purge","queue":"test","\ud800":1}""", "A field's name is not valid Unicode")]
    [InlineData("""{"\ud800":1,"cmd":"add","queue":"test","value":1}""", "A field's name is not valid Unicode")]
    [InlineData("""{"cmd":"purge","queue":"test","state":"old"}""", "'state' is ready, leased, delayed or dead, not 'old'")]
    [InlineData("""{"cmd":"purge","queue":"test","state":null}""", "'state' is a string")]
    [InlineData("""{"cmd":"redrive","queue":"test","key":"test"}""", "'key' is a message's key, such as test:1, not 'test'")]
    [InlineData("""{"cmd":"redrive","queue":"test","key":"test:1.1"}""", "'key' is a message's key, such as test:1, not a receipt")]
    [InlineData("""{"cmd":"redrive","queue":"test","key":"other:1"}""", "other:1 is not of the queue test")]
    [InlineData("""{"cmd":"redrive","queue":"test","key":7}""", "'key' is a string")]
    [InlineData("""{"cmd":"add","queue":"test"}""", "'value' is missing")]
    [InlineData("""{"cmd":"add","queue":"test","value":"\ud800"}""", "'value' is not valid Unicode")]
    [InlineData("""{"cmd":"add","queue":"test","values":["good","\ud800"]}""", "'values' is not valid Unicode")]
    [InlineData("""{"cmd":"add","queue":"test","values":"one"}""", "'values' is a list")]
    [InlineData("""{"cmd":"add","queue":"test","values":null}""", "'values' is a list")]
    [InlineData("""{"cmd":"add","queue":"test","values":[]}""", "1 to 1000")]
    [InlineData("""{"cmd":"add","queue":"test","values":["one","two"],"id":"x"}""", "'id' is for one message")]
    [InlineData("""{"cmd":"add","queue":"test","values":["AA=="],"encoding":"base64"}""", "'encoding' and 'type' are for one message")]
    [InlineData("""{"cmd":"add","queue":"test","values":["a"],"type":"text/html"}""", "'encoding' and 'type' are for one message")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","encoding":"hex"}""", "'encoding'")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","encoding":64}""", "'encoding' is a string")]
    [InlineData("""{"cmd":"add","queue":"test","value":"no base64!","encoding":"base64"}""", "not base64")]
    [InlineData("""{"cmd":"add","queue":"test","value":7,"encoding":"base64"}""", "not base64")]
    [InlineData("""{"cmd":"add","queue":"test","value":"\ud800","encoding":"base64"}""", "base64")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","type":"no type"}""", "content type")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","type":"text/x\r\nEvil: 1"}""", "content type")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","type":"text/é"}""", "content type")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","delay":"1"}""", "'delay' is a number")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","delay":null}""", "'delay' is a number")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","delay":-0.001}""", "'delay' is 0 to 31536000 seconds")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","delay":31536000.001}""", "'delay' is 0 to")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","delay":1e400}""", "'delay' is")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","delay":-1e400}""", "'delay' is")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","ttl":0.999}""", "'ttl' is 1 to 315360000 seconds")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","ttl":315360001}""", "'ttl' is")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","id":""}""", "1 to 200 characters")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","id":7}""", "'id' is a string")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","durability":"fsynced"}""", "'durability' must be stored or replicated, but was 'fsynced'")]
    [InlineData("""{"cmd":"add","queue":"test","values":["x"],"durability":2}""", "'durability' is a string")]
    [InlineData("""{"cmd":"add","queue":"test","value":"x","durability":"replicated"}""", "was replicated for memory. Nothing was changed")]
    [InlineData("""{"cmd":"add","queue":"test","values":["x"],"durability":"replicated"}""", "was replicated for memory")]
    [InlineData("""{"cmd":"policy","queue":"test","policy":"roundrobin","durability":"replicated"}""", "was replicated for memory")]
    [InlineData("""{"cmd":"policy","queue":"test","durability":null}""", "'durability' is a string")]
    [InlineData("""{"cmd":"lease","queue":"test","lease":0.9}""", "'lease' is 1 to 43200 seconds")]
    [InlineData("""{"cmd":"lease","queue":"test","lease":43201}""", "'lease' is")]
    [InlineData("""{"cmd":"lease","queue":"test","lease":true}""", "'lease' is a number")]
    [InlineData("""{"cmd":"del","queue":"test"}""", "'key' is missing")]
    [InlineData("""{"cmd":"del","queue":"test","key":1}""", "'key' is a string")]
    [InlineData("""{"cmd":"del","queue":"test","key":"1"}""", "'key' is a message's key")]
    [InlineData("""{"cmd":"del","queue":"test","key":"test:01"}""", "'key' is a message's key")]
    [InlineData("""{"cmd":"del","queue":"test","key":"other:1"}""", "other:1 is not of the queue test")]
    [InlineData("""{"cmd":"del","queue":"test","receipt":"other:1.1"}""", "other:1.1 is not of the queue test")]
    [InlineData("""{"cmd":"del","queue":"test","receipt":"test:1"}""", "'receipt' is what a lease gave")]
    [InlineData("""{"cmd":"extend","queue":"test"}""", "'receipt' is missing")]
    [InlineData("""{"cmd":"extend","queue":"test","receipt":"other:1.1"}""", "not of the queue test")]
    [InlineData("""{"cmd":"extend","queue":"test","receipt":"test:1.1","lease":0}""", "'lease' is")]
    [InlineData("""{"cmd":"release","queue":"test","receipt":"test:1"}""", "'receipt' is what a lease gave")]
    [InlineData("""{"cmd":"release","queue":"test","receipt":"test:1.1","delay":-1}""", "'delay' is")]
    [InlineData("""{"cmd":"bury","queue":"test","receipt":"test:1.1","reason":7}""", "'reason' is a string")]
    [InlineData("""{"cmd":"bury","queue":"test","receipt":"test:1.1","reason":"\ud800"}""", "'reason' is not valid Unicode")]
    [InlineData("""{"cmd":"policy","queue":"test","policy":"fair"}""", "'policy' is broadcast or roundrobin")]
    [InlineData("""{"cmd":"policy","queue":"test","policy":null}""", "'policy' is a string")]
    public Task What_is_no_command_is_refused(string command, string says) => IsRefusedAsync(Encoding.UTF8.GetBytes(command), says);

    [Theory]
    [InlineData(0xFF)]
    [InlineData(0xC0, 0xAF)]
    [InlineData(0xED, 0xA0, 0x80)]
    [InlineData(0xE2, 0x82)]
    public Task What_is_no_UTF_8_is_refused(params int[] bytes) => IsRefusedAsync(
        [.. """{"cmd":"add","queue":"test","value":{"a":" """u8, .. bytes.Select(b => (byte)b), .. "\"}}"u8], "not UTF-8");

    [Fact]
    public Task Another_encoding_is_refused() => IsRefusedAsync(Encoding.Unicode.GetBytes("""{"cmd":"purge","queue":"test"}"""), "JSON");

    [Fact]
    public async Task What_is_too_large_or_too_many_is_refused()
    {
        var large = new string('x', (1024 * 1024) + 1);
        await IsRefusedAsync(Bytes($$"""{"cmd":"add","queue":"test","value":"{{large}}"}"""), "at most 1048576 bytes; this one has 1048577", CommandOutcome.TooLarge);
        await IsRefusedAsync(Bytes($$"""{"cmd":"add","queue":"test","values":["good","{{large}}"]}"""), "at most 1048576 bytes", CommandOutcome.TooLarge);
        await IsRefusedAsync(Bytes($$"""{"cmd":"add","queue":"test","values":[{{string.Join(',', Enumerable.Range(0, 1001))}}]}"""), "1 to 1000");
        await IsRefusedAsync(Bytes($$"""{"cmd":"add","queue":"test","value":1,"id":"{{new string('k', 201)}}"}"""), "1 to 200 characters");
        await IsRefusedAsync(Bytes($$"""{"cmd":"add","queue":"test","value":{{new string('[', 70)}}{{new string(']', 70)}}}"""), "not JSON");
        await IsRefusedAsync(Bytes($$"""{"cmd":"add","queue":"{{new string('q', 201)}}","value":1}"""), "at most 200 bytes");

        var batch = string.Join(',', Enumerable.Repeat($"\"{new string('x', 1024 * 1024)}\"", 16));
        await IsRefusedAsync(Bytes($$"""{"cmd":"add","queue":"test","values":[{{batch}},"x"]}"""), "at most 16777216 bytes; these are 16777217", CommandOutcome.TooLarge);

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
