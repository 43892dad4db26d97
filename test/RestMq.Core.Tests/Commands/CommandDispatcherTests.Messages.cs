namespace RestMq.Commands;

/// <summary>Verifies the commands on messages.</summary>
public sealed partial class CommandDispatcherTests
{
    [Fact]
    public async Task Add_OneMessage_RepliesItsValueAndKey()
    {
        (await AnswerAsync("""{"cmd":"add","queue":"genesis","value":"abacab"}""")).Should().Be("""{"queue":"genesis","value":"abacab","key":"genesis:1"}""");
        (await AnswerAsync("""{"cmd":"add","queue":"genesis","value":"foxtrot"}""")).Should().Be("""{"queue":"genesis","value":"foxtrot","key":"genesis:2"}""");
    }

    [Fact]
    public async Task Add_SeveralMessages_RepliesTheirKeys()
    {
        (await AnswerAsync("""{"cmd":"add","queue":"test","values":["one",2,{"three":3}]}""")).Should().Be("""{"queue":"test","keys":["test:1","test:2","test:3"]}""");

        (await AnswerAsync("""{"cmd":"take","queue":"test"}""")).Should().Be("""{"queue":"test","key":"test:1","value":"one","count":1}""");
        (await AnswerAsync("""{"cmd":"take","queue":"test"}""")).Should().Be("""{"queue":"test","key":"test:2","value":2,"count":1}""");
        (await AnswerAsync("""{"cmd":"take","queue":"test"}""")).Should().Be("""{"queue":"test","key":"test:3","value":{"three":3},"count":1}""");
    }

    [Fact]
    public async Task Add_WithDelay_IsNotTakenUntilDue()
    {
        await AnswerAsync("""{"cmd":"add","queue":"test","value":"later","delay":1.5}""");
        (await AnswerAsync("""{"cmd":"take","queue":"test"}""")).Should().Be("""{"error":"empty queue"}""");

        await _hosts.PassAsync(TimeSpan.FromSeconds(1.5));

        (await AnswerAsync("""{"cmd":"take","queue":"test"}""")).Should().Be("""{"queue":"test","key":"test:1","value":"later","count":1}""");
    }

    [Fact]
    public async Task Add_WithTimeToLive_ExpiresAfterIt()
    {
        await AnswerAsync("""{"cmd":"add","queue":"test","value":"short","ttl":10}""");
        await _hosts.PassAsync(TimeSpan.FromSeconds(10));

        (await AnswerAsync("""{"cmd":"take","queue":"test"}""")).Should().Be("""{"error":"empty queue"}""");
    }

    [Fact]
    public async Task Add_SameIdTwice_AddsOnce()
    {
        const string Add = """{"cmd":"add","queue":"test","value":"once","id":"order 7"}""";
        (await AnswerAsync(Add)).Should().Be("""{"queue":"test","value":"once","key":"test:1"}""");
        (await AnswerAsync(Add)).Should().Be("""{"queue":"test","value":"once","key":"test:1"}""");

        (await AnswerAsync("""{"cmd":"len","queue":"test"}""")).Should().Be("""{"queue":"test","len":1}""");
    }

    [Theory]
    [InlineData("""{"cmd":"add","queue":"test","value":"two"}""")]
    [InlineData("""{"cmd":"add","queue":"test","values":["two"]}""")]
    public async Task Add_FullQueue_RepliesAnError(string add)
    {
        await _engine.ConfigureAsync(Queue, new QueueSettingsChange { MaxLength = 1 });
        await AnswerAsync("""{"cmd":"add","queue":"test","value":"one"}""");

        (await AnswerAsync(add)).Should().Be("""{"error":"queue full"}""");
        (await AnswerAsync("""{"cmd":"len","queue":"test"}""")).Should().Be("""{"queue":"test","len":1}""");
    }

    [Fact]
    public async Task Get_HeadOfTheQueue_IsCountedAndStays()
    {
        await AnswerAsync("""{"cmd":"add","queue":"test","value":"head"}""");

        (await AnswerAsync("""{"cmd":"get","queue":"test"}""")).Should().Be("""{"queue":"test","key":"test:1","value":"head","count":1}""");
        (await AnswerAsync("""{"cmd":"get","queue":"test"}""")).Should().Be("""{"queue":"test","key":"test:1","value":"head","count":2}""");
        (await AnswerAsync("""{"cmd":"len","queue":"test"}""")).Should().Be("""{"queue":"test","len":1}""");
    }

    [Fact]
    public async Task Take_OneMessage_LeavesSettlingToTheCaller()
    {
        await AnswerAsync("""{"cmd":"add","queue":"test","value":"one"}""");

        var reply = await DispatchAsync("""{"cmd":"take","queue":"test"}""");

        Text(reply).Should().Be("""{"queue":"test","key":"test:1","value":"one","count":1}""");
        reply.Taken!.Receipt.ToString().Should().Be("test:1.1");
        (await _engine.StatsAsync(Queue)).Leased.Should().Be(1);
        (await _engine.SettleAsync(new Settlement(reply.Taken.Receipt, SettleAction.Release))).Should().Be(SettleResult.Done);
        Text(await DispatchAsync("""{"cmd":"take","queue":"test"}""")).Should().Be("""{"queue":"test","key":"test:1","value":"one","count":2}""");
    }

    [Fact]
    public async Task Take_NotSettled_ReturnsAfterItsLease()
    {
        await AnswerAsync("""{"cmd":"add","queue":"test","value":"one"}""");
        await AnswerAsync("""{"cmd":"take","queue":"test"}""");
        await _hosts.PassAsync(TimeSpan.FromSeconds(60));

        (await AnswerAsync("""{"cmd":"take","queue":"test"}""")).Should().Contain("\"count\":2");
    }

    [Theory]
    [InlineData("get")]
    [InlineData("take")]
    [InlineData("lease")]
    public async Task Take_EmptyQueue_RepliesAnError(string command)
    {
        var reply = await DispatchAsync($$"""{"cmd":"{{command}}","queue":"test"}""");

        Text(reply).Should().Be("""{"error":"empty queue"}""");
        (reply.Outcome, reply.Taken).Should().Be((CommandOutcome.Answered, null));
    }

    [Theory]
    [InlineData("", 30)]
    [InlineData(",\"lease\":5.5", 5.5)]
    [InlineData(",\"lease\":43200", 43200)]
    public async Task Lease_WithOrWithoutTime_HoldsTheMessageForThatTime(string lease, double seconds)
    {
        await AnswerAsync("""{"cmd":"add","queue":"test","value":"one"}""");
        var reply = await DispatchAsync($$"""{"cmd":"lease","queue":"test"{{lease}}}""");
        Text(reply).Should().Be("""{"queue":"test","key":"test:1","value":"one","count":1,"receipt":"test:1.1"}""");
        (reply.Taken!.Key.ToString(), reply.IsLeased)
            .Should().Be(("test:1", true), "a transport that cannot send the reply must release the message");

        await _hosts.PassAsync(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
        (await AnswerAsync("""{"cmd":"len","queue":"test"}""")).Should().Be("""{"queue":"test","len":0}""");
        await _hosts.PassAsync(TimeSpan.FromTicks(1));
        (await AnswerAsync("""{"cmd":"len","queue":"test"}""")).Should().Be("""{"queue":"test","len":1}""");
    }

    [Fact]
    public async Task Lease_MaxLeaseBelowTheDefault_LimitsTheLease()
    {
        var dispatcher = NewDispatcher(
            _hosts.NewHost(o => o.MaxLease = o.TakeLease = TimeSpan.FromSeconds(10)).Engine, new RestMqOptions { MaxLease = TimeSpan.FromSeconds(10) });
        await AnswerAsync("""{"cmd":"add","queue":"test","value":"one"}""");

        Text(await dispatcher.DispatchAsync("""{"cmd":"lease","queue":"test"}"""u8.ToArray())).Should().Contain("test:1.1");
        Text(await dispatcher.DispatchAsync("""{"cmd":"extend","queue":"test","receipt":"test:1.1"}"""u8.ToArray())).Should().Contain("\"extended\":true");
        await _hosts.PassAsync(TimeSpan.FromSeconds(10));
        (await AnswerAsync("""{"cmd":"len","queue":"test"}""")).Should().Be("""{"queue":"test","len":1}""");
    }

    [Theory]
    [InlineData("\"key\":\"test:1\"", true)]
    [InlineData("\"key\":\"test:1.1\"", true)]
    [InlineData("\"receipt\":\"test:1.1\"", true)]
    [InlineData("\"receipt\":\"test:1.2\"", false)]
    [InlineData("\"key\":\"test:2\"", false)]
    public async Task Del_ByKeyOrReceipt_RepliesWhetherItDeleted(string which, bool deleted)
    {
        await AnswerAsync("""{"cmd":"add","queue":"test","value":"one"}""");
        await AnswerAsync("""{"cmd":"lease","queue":"test"}""");
        var key = which.Contains("test:2") ? "test:2" : "test:1";

        (await AnswerAsync($$"""{"cmd":"del","queue":"test",{{which}}}""")).Should().Be($$"""{"queue":"test","key":"{{key}}","deleted":{{(deleted ? "true" : "false")}}}""");
        (await _engine.StatsAsync(Queue)).Total.Should().Be(deleted ? 0 : 1);
    }

    [Theory]
    [InlineData("extend", "\"lease\":100", "extended", 0, 1, 0, 0)]
    [InlineData("release", "\"delay\":0", "released", 1, 0, 0, 0)]
    [InlineData("release", "\"delay\":5", "released", 0, 0, 1, 0)]
    [InlineData("bury", "\"reason\":\"no such customer\"", "buried", 0, 0, 0, 1)]
    public async Task Settle_SameReceiptTwice_SettlesOnce(
        string command, string field, string done, int ready, int leased, int delayed, int dead)
    {
        await AnswerAsync("""{"cmd":"add","queue":"test","value":"one"}""");
        await AnswerAsync("""{"cmd":"lease","queue":"test"}""");
        var settle = $$"""{"cmd":"{{command}}","queue":"test","receipt":"test:1.1",{{field}}}""";

        (await AnswerAsync(settle)).Should().Be($$"""{"queue":"test","receipt":"test:1.1","{{done}}":true}""");
        var stats = await _engine.StatsAsync(Queue);
        (stats.Ready, stats.Leased, stats.Delayed, stats.Dead).Should().Be((ready, leased, delayed, dead));

        // An extension may be repeated, because the client still holds the lease.
        (await AnswerAsync(settle)).Should().Be($$"""{"queue":"test","receipt":"test:1.1","{{done}}":{{(command == "extend" ? "true" : "false")}}}""");
    }

    [Fact]
    public async Task Settle_WithoutOptionalFields_UsesDefaults()
    {
        await AnswerAsync("""{"cmd":"add","queue":"test","value":"one"}""");
        await AnswerAsync("""{"cmd":"lease","queue":"test","lease":1}""");
        (await AnswerAsync("""{"cmd":"extend","queue":"test","receipt":"test:1.1"}""")).Should().Contain("true");
        await _hosts.PassAsync(TimeSpan.FromSeconds(29));
        (await AnswerAsync("""{"cmd":"release","queue":"test","receipt":"test:1.1"}""")).Should().Contain("true");
        (await AnswerAsync("""{"cmd":"lease","queue":"test"}""")).Should().Contain("test:1.2");
        (await AnswerAsync("""{"cmd":"bury","queue":"test","receipt":"test:1.2"}""")).Should().Contain("true");
    }

    [Fact]
    public async Task Bury_WithReason_KeepsIt()
    {
        await AnswerAsync("""{"cmd":"add","queue":"test","value":"one"}""");
        await AnswerAsync("""{"cmd":"lease","queue":"test"}""");
        await AnswerAsync("""{"cmd":"bury","queue":"test","receipt":"test:1.1","reason":"no such customer"}""");

        (await _engine.PeekAsync(new MessageKey(Queue, 1)))!.Reason.Should().Be("no such customer");
    }
}
