using System.Text;

namespace RestMq.EndToEnd.BadInput;

/// <summary>Tests invalid commands of the JSON protocol.</summary>
public abstract partial class BadInputTests
{
    public static TheoryData<string> BadCommands() =>
    [
        "", "   ", "{", "{not json", "[1,2]", "\"add\"", "null", "42", "{}", "{}{}",
        """{"cmd":"add","queue":"{q}","value":"x"} trailing""",
        """{"cmd":"add","queue":"{q}","value":"x",}""",
        """{'cmd':'add','queue':'{q}','value':'x'}""",
        """{"queue":"{q}"}""",
        """{"cmd":"","queue":"{q}"}""",
        """{"cmd":5,"queue":"{q}"}""",
        """{"cmd":null,"queue":"{q}"}""",
        """{"cmd":"frobnicate","queue":"{q}"}""",
        """{"cmd":"ADD","queue":"{q}","value":"x"}""",
        """{"cmd":"_class__","queue":"{q}"}""",
        """{"cmd":"_doc__","queue":"{q}"}""",
        """{"cmd":"__init__","queue":"{q}"}""",
        """{"cmd":"add","value":"x"}""",
        """{"cmd":"add","queue":"","value":"x"}""",
        """{"cmd":"add","queue":"a b","value":"x"}""",
        """{"cmd":"add","queue":"a/b","value":"x"}""",
        """{"cmd":"add","queue":7,"value":"x"}""",
        """{"cmd":"add","queue":["{q}"],"value":"x"}""",
        """{"cmd":"add","queue":"\ud800","value":"x"}""",
        """{"cmd":"add","queue":"{q}"}""",
        """{"cmd":"add","queue":"{q}","values":"x"}""",
        """{"cmd":"add","queue":"{q}","value":"x","delay":-1}""",
        """{"cmd":"add","queue":"{q}","value":"x","delay":"1"}""",
        """{"cmd":"add","queue":"{q}","value":"x","delay":1e999}""",
        """{"cmd":"add","queue":"{q}","value":"x","ttl":0}""",
        """{"cmd":"add","queue":"{q}","value":"x","id":5}""",
        """{"cmd":"add","queue":"{q}","value":"not base64!","encoding":"base64"}""",
        """{"cmd":"add","queue":"{q}","value":12,"encoding":"base64"}""",
        """{"cmd":"add","queue":"{q}","value":"x","encoding":"rot13"}""",
        """{"cmd":"get"}""",
        """{"cmd":"take"}""",
        """{"cmd":"lease","queue":"{q}","lease":0}""",
        """{"cmd":"lease","queue":"{q}","lease":"30"}""",
        """{"cmd":"del","queue":"{q}"}""",
        """{"cmd":"del","queue":"{q}","key":5}""",
        """{"cmd":"extend","queue":"{q}"}""",
        """{"cmd":"extend","queue":"{q}","receipt":"{q}:1.1","lease":99999999}""",
        """{"cmd":"extend","queue":"{q}","receipt":true,"lease":5}""",
        """{"cmd":"release","queue":"{q}","receipt":"{q}:1.1","delay":-1}""",
        """{"cmd":"bury","queue":"{q}"}""",
        """{"cmd":"policy","queue":"{q}","policy":"foo"}""",
        """{"cmd":"policy","queue":"{q}","policy":1}""",
    ];

    [Theory]
    [MemberData(nameof(BadCommands))]
    public Task Command_Invalid_Returns400(string command) =>
        ChangesNothingAsync(async queue =>
        {
            var json = command.Replace("{q}", queue);
            IsError(await Host.CommandAsync(json));
            IsError(await Host.AskAsync("POST /queue", RawRequest.FormOf("body", json)));
        });

    [Theory]
    [InlineData("queue={q}&value=foobar")]
    [InlineData("x=1")]
    [InlineData("body=%FF")]
    [InlineData("body={\"cmd\":\"add\",\"queue\":\"{q}\",\"value\":\"%FF\"}")]
    public Task Command_FormWithoutCommand_Returns400(string form) =>
        ChangesNothingAsync(async queue => IsError(await Host.AskAsync("POST /queue", form.Replace("{q}", queue))));

    [Fact]
    public Task Command_NotUtf8_Returns400() =>
        ChangesNothingAsync(async queue =>
            IsError(await Host.AskAsync("POST /queue", [.. Encoding.UTF8.GetBytes($"{{\"cmd\":\"add\",\"queue\":\"{queue}\",\"value\":\""), 0xff, .. "\"}"u8], Json)));

    [Fact]
    public Task Command_OverLimit_Returns413() =>
        ChangesNothingAsync(async queue =>
        {
            var reply = await AskLargeAsync(RawRequest.Write("POST /queue", $$"""{"cmd":"add","queue":"{{queue}}","value":"{{new string('x', 1024 * 1024 + 1)}}"}""", Json));
            reply.Is(413).Json.Text("error").Should().NotBeNullOrEmpty();
        });

    private static void IsError(RawReply reply)
    {
        reply.Is(400).MediaType.Should().Be("application/json");
        reply.Lines.Should().ContainSingle();
        reply.Json.EnumerateObject().Should().ContainSingle().Which.Name.Should().Be("error");
        reply.Json.Text("error").Should().NotBeNullOrWhiteSpace().And.NotContain("Exception").And.NotContain("   at ");
        reply.FollowsTheRules();
    }
}
