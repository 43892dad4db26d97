using NSubstitute;

namespace RestMq.Commands;

/// <summary>Verifies the commands on queues, and rules that hold for all commands.</summary>
public sealed partial class CommandDispatcherTests
{
    [Fact]
    public async Task Len_WithLeasedMessages_CountsOnlyReady()
    {
        (await AnswerAsync("""{"cmd":"len","queue":"test"}""")).Should().Be("""{"queue":"test","len":0}""");
        await AnswerAsync("""{"cmd":"add","queue":"test","values":[1,2,3]}""");
        await AnswerAsync("""{"cmd":"lease","queue":"test"}""");
        (await AnswerAsync("""{"cmd":"len","queue":"test"}""")).Should().Be("""{"queue":"test","len":2}""");
    }

    [Fact]
    public async Task Purge_QueueOrNone_RepliesWhetherItExisted()
    {
        await AnswerAsync("""{"cmd":"add","queue":"test","value":1}""");

        (await AnswerAsync("""{"cmd":"purge","queue":"test"}""")).Should().Be("""{"queue":"test","purged":true}""");
        (await AnswerAsync("""{"cmd":"purge","queue":"test"}""")).Should().Be("""{"queue":"test","purged":false}""");
    }

    [Fact]
    public async Task Policy_ReadOrChanged_RepliesThePolicy()
    {
        (await AnswerAsync("""{"cmd":"policy","queue":"test"}""")).Should().Be("""{"queue":"test","policy":"broadcast"}""");
        (await AnswerAsync("""{"cmd":"queues"}"""))
            .Should().Be("""{"queues":[],"count":0}""", "reading the policy creates no queue");
        (await AnswerAsync("""{"cmd":"policy","queue":"test","policy":"roundrobin"}""")).Should().Be("""{"queue":"test","policy":"roundrobin"}""");
        (await AnswerAsync("""{"cmd":"policy","queue":"test"}""")).Should().Be("""{"queue":"test","policy":"roundrobin"}""");
        (await AnswerAsync("""{"cmd":"policy","queue":"test","policy":"broadcast"}""")).Should().Be("""{"queue":"test","policy":"broadcast"}""");
    }

    [Fact]
    public async Task StopAndStart_AnyQueue_ReplyTheStatus()
    {
        (await AnswerAsync("""{"cmd":"stop","queue":"test"}""")).Should().Be("""{"queue":"test","status":0}""");
        (await _engine.GetSettingsAsync(Queue)).Stopped.Should().BeTrue();
        (await AnswerAsync("""{"cmd":"start","queue":"test"}""")).Should().Be("""{"queue":"test","status":1}""");
        (await _engine.GetSettingsAsync(Queue)).Stopped.Should().BeFalse();
    }

    [Fact]
    public async Task Redrive_WholeQueue_RepliesTheCount()
    {
        (await AnswerAsync("""{"cmd":"redrive","queue":"test"}""")).Should().Be("""{"queue":"test","redriven":0}""");
        await AnswerAsync($$"""{"cmd":"add","queue":"test","values":[{{string.Join(',', Enumerable.Range(1, 250))}}]}""");
        var held = await _engine.LeaseAsync([Queue], 250, TimeSpan.FromHours(1), TimeSpan.Zero);
        await _engine.SettleAsync(Queue, [.. held.Select(message => new Settlement(message.Receipt, SettleAction.Bury))]);

        (await AnswerAsync("""{"cmd":"redrive","queue":"test"}""")).Should().Be("""{"queue":"test","redriven":250}""");
        (await AnswerAsync("""{"cmd":"take","queue":"test"}""")).Should().Be("""{"queue":"test","key":"test:1","value":1,"count":1}""");
    }

    [Fact]
    public async Task Redrive_OneKey_MovesOnlyThatDeadLetter()
    {
        await AnswerAsync("""{"cmd":"add","queue":"test","values":[1,2]}""");
        await AnswerAsync("""{"cmd":"lease","queue":"test"}""");
        await AnswerAsync("""{"cmd":"bury","queue":"test","receipt":"test:1.1","reason":"no"}""");

        (await AnswerAsync("""{"cmd":"redrive","queue":"test","key":"test:2"}"""))
            .Should().Be("""{"queue":"test","redriven":0}""", "the message is not a dead letter");
        (await AnswerAsync("""{"cmd":"redrive","queue":"test","key":"test:1"}""")).Should().Be("""{"queue":"test","redriven":1}""");
        (await _engine.StatsAsync(Queue)).Ready.Should().Be(2);
    }

    [Theory]
    [InlineData("ready", 1), InlineData("leased", 1), InlineData("delayed", 1), InlineData("dead", 1)]
    public async Task Purge_OneState_RepliesTheCount(string state, int count)
    {
        await AnswerAsync("""{"cmd":"add","queue":"test","values":[1,2,3]}""");
        await AnswerAsync("""{"cmd":"add","queue":"test","value":4,"delay":100}""");
        await AnswerAsync("""{"cmd":"lease","queue":"test"}""");
        await AnswerAsync("""{"cmd":"bury","queue":"test","receipt":"test:1.1","reason":"no"}""");
        await AnswerAsync("""{"cmd":"lease","queue":"test"}""");

        (await AnswerAsync($$"""{"cmd":"purge","queue":"test","state":"{{state}}"}""")).Should().Be($$"""{"queue":"test","purged":true,"count":{{count}}}""");
        (await AnswerAsync($$"""{"cmd":"purge","queue":"test","state":"{{state}}"}""")).Should().Be("""{"queue":"test","purged":false,"count":0}""");
        (await _engine.StatsAsync(Queue)).Total.Should().Be(3);
    }

    [Fact]
    public async Task Queues_SeveralQueues_AreListedInOrder()
    {
        foreach (var name in new[] { "b", "café", "a" }) await AnswerAsync($$"""{"cmd":"add","queue":"{{name}}","value":1}""");

        (await AnswerAsync("""{"cmd":"queues"}""")).Should().Be("""{"queues":["a","b","café"],"count":3}""");
    }

    [Fact]
    public async Task Dispatch_CommandWithoutQueue_UsesTheQueueOfTheRoute()
    {
        var address = QueueName.Parse("address");

        Text(await DispatchAsync("""{"cmd":"add","value":1}""", address)).Should().Be("""{"queue":"address","value":1,"key":"address:1"}""");
        Text(await DispatchAsync("""{"cmd":"add","queue":"test","value":1}""", address)).Should().Be("""{"queue":"test","value":1,"key":"test:1"}""");
        Text(await DispatchAsync("""{"cmd":"del","key":"address:1"}""", address)).Should().Be("""{"queue":"address","key":"address:1","deleted":true}""");
    }

    [Fact]
    public async Task Dispatch_UnknownFields_AreIgnored()
    {
        (await AnswerAsync("""{"cmd":"len","queue":"test","x":{"cmd":"purge"},"":1}""")).Should().Be("""{"queue":"test","len":0}""");
    }

    [Theory]
    [InlineData("""{"cmd":"add","queue":"test","value":1}""")]
    [InlineData("""{"cmd":"add","queue":"test","values":[1]}""")]
    [InlineData("""{"cmd":"get","queue":"test"}""")]
    [InlineData("""{"cmd":"take","queue":"test"}""")]
    [InlineData("""{"cmd":"lease","queue":"test"}""")]
    [InlineData("""{"cmd":"del","queue":"test","key":"test:1"}""")]
    [InlineData("""{"cmd":"extend","queue":"test","receipt":"test:1.1"}""")]
    [InlineData("""{"cmd":"release","queue":"test","receipt":"test:1.1"}""")]
    [InlineData("""{"cmd":"bury","queue":"test","receipt":"test:1.1"}""")]
    [InlineData("""{"cmd":"len","queue":"test"}""")]
    [InlineData("""{"cmd":"purge","queue":"test"}""")]
    [InlineData("""{"cmd":"policy","queue":"test"}""")]
    [InlineData("""{"cmd":"start","queue":"test"}""")]
    [InlineData("""{"cmd":"stop","queue":"test"}""")]
    [InlineData("""{"cmd":"purge","queue":"test","state":"dead"}""")]
    [InlineData("""{"cmd":"redrive","queue":"test"}""")]
    [InlineData("""{"cmd":"redrive","queue":"test","key":"test:1"}""")]
    [InlineData("""{"cmd":"queues"}""")]
    public async Task Dispatch_StoreUnavailable_RepliesTheError(string command)
    {
        var away = Substitute.For<IQueueEngine>();
        var error = new RestMqUnavailableException("The store is unavailable.");
        away.AddAsync(default!, default(NewMessage)).ReturnsForAnyArgs<AddResult>(_ => throw error);
        away.AddAsync(default!, default(IReadOnlyList<NewMessage>)!).ReturnsForAnyArgs<IReadOnlyList<AddResult>>(_ => throw error);
        away.PeekHeadAsync(default!).ReturnsForAnyArgs<QueueMessage?>(_ => throw error);
        away.LeaseAsync(default!, default, default, default).ReturnsForAnyArgs<IReadOnlyList<QueueMessage>>(_ => throw error);
        away.SettleAsync(default(Settlement)).ReturnsForAnyArgs<SettleResult>(_ => throw error);
        away.LengthAsync(default!).ReturnsForAnyArgs<long>(_ => throw error);
        away.DeleteQueueAsync(default!).ReturnsForAnyArgs<bool>(_ => throw error);
        away.ConfigureAsync(default!, default!).ReturnsForAnyArgs<QueueSettings>(_ => throw error);
        away.PurgeAsync(default!, default(MessageState)).ReturnsForAnyArgs<long>(_ => throw error);
        away.RedriveAsync(default(QueueName)!).ReturnsForAnyArgs<long>(_ => throw error);
        away.RedriveAsync(default(MessageKey)).ReturnsForAnyArgs<bool>(_ => throw error);
        away.ListAsync(default, 1, default).ReturnsForAnyArgs<IReadOnlyList<QueueName>>(_ => throw error);

        var reply = await NewDispatcher(away).DispatchAsync(System.Text.Encoding.UTF8.GetBytes(command));

        reply.Outcome.Should().Be(CommandOutcome.Unavailable);
        Text(reply).Should().Be("""{"error":"The store is unavailable."}""");
    }
}
