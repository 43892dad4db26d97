using System.Text;

namespace RestMq.Commands;

/// <summary>Verifies that the guard authorizes each command before the command runs.</summary>
public sealed partial class CommandDispatcherTests
{
    [Theory]
    [InlineData("""{"cmd":"add","value":1}""", RestMqRole.Produce, "test")]
    [InlineData("""{"cmd":"add","queue":"other","value":1}""", RestMqRole.Produce, "other")]
    [InlineData("""{"cmd":"get"}""", RestMqRole.Consume, "test")]
    [InlineData("""{"cmd":"take"}""", RestMqRole.Consume, "test")]
    [InlineData("""{"cmd":"lease"}""", RestMqRole.Consume, "test")]
    [InlineData("""{"cmd":"del","key":"test:1"}""", RestMqRole.Consume, "test")]
    [InlineData("""{"cmd":"extend","receipt":"test:1.1"}""", RestMqRole.Consume, "test")]
    [InlineData("""{"cmd":"release","receipt":"test:1.1"}""", RestMqRole.Consume, "test")]
    [InlineData("""{"cmd":"bury","receipt":"test:1.1","reason":"x"}""", RestMqRole.Consume, "test")]
    [InlineData("""{"cmd":"len"}""", RestMqRole.Consume, "test")]
    [InlineData("""{"cmd":"purge"}""", RestMqRole.Admin, "test")]
    [InlineData("""{"cmd":"policy"}""", RestMqRole.Admin, "test")]
    [InlineData("""{"cmd":"start"}""", RestMqRole.Admin, "test")]
    [InlineData("""{"cmd":"stop"}""", RestMqRole.Admin, "test")]
    [InlineData("""{"cmd":"redrive"}""", RestMqRole.Admin, "test")]
    [InlineData("""{"cmd":"queues","queue":"test"}""", RestMqRole.Admin, null)]
    public async Task Guard_EachCommand_ReceivesTheNeededRoleAndQueue(string command, RestMqRole role, string? queue)
    {
        var asked = new List<(RestMqRole, string?)>();
        await _dispatcher.DispatchAsync(Encoding.UTF8.GetBytes(command), Queue, guard: (needed, of) =>
        {
            asked.Add((needed, of?.Value));
            return default;
        });
        asked.Should().Equal((role, queue));
    }

    [Fact]
    public async Task Guard_Throws_CommandIsNotExecuted()
    {
        var refused = async () => await _dispatcher.DispatchAsync("""{"cmd":"add","value":1}"""u8.ToArray(), Queue, guard: (_, _) => throw new UnauthorizedAccessException());
        await refused.Should().ThrowAsync<UnauthorizedAccessException>();
        (await _engine.LengthAsync(Queue)).Should().Be(0);
    }

    [Fact]
    public async Task Guard_UnknownCommand_IsNotAsked()
    {
        var reply = await _dispatcher.DispatchAsync("""{"cmd":"purge"}"""u8.ToArray(), Queue, CommandScope.Messages, (_, _) => throw new UnauthorizedAccessException());
        (reply.Outcome, Text(reply)).Should().Be((CommandOutcome.Refused, """{"error":"'cmd' must be one of add, bury, del, extend, get, lease, len, release, take, but was 'purge'."}"""));
    }
}
