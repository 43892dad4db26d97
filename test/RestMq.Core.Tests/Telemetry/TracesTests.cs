using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Options;
using RestMq.Hosts;
using RestMq.Delivery;
using RestMq.Engine;

namespace RestMq.Telemetry;

/// <summary>Verifies the spans of adds, deliveries and settlements, and the trace context in messages.</summary>
public sealed class TracesTests : IAsyncLifetime
{
    private const string Foreign = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private readonly MemoryTestHosts _hosts = new();
    private readonly QueueName _queue = TestHosts.NextQueue();
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;

    public TracesTests()
    {
        // Selects the spans of this test's queue, because a listener receives those of the whole process.
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RestMqTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> of) =>
                of.Name.EndsWith(_queue.Value, StringComparison.Ordinal) ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                if (span.OperationName.EndsWith(_queue.Value, StringComparison.Ordinal)) _spans.Enqueue(span);
            },
        };
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _listener.Dispose();
        await _hosts.DisposeAsync();
    }

    [Fact]
    public async Task Receive_OfTracedMessage_LinksToTheAddSpan()
    {
        ActivitySource.AddActivityListener(_listener);
        var engine = _hosts.NewHost().Engine;

        await engine.AddAsync(_queue, Message("x"));
        var taken = (await engine.TakeAsync(_queue))!;
        await engine.TakeAsync(_queue);

        _spans.Should().HaveCount(3, "a take from an empty queue creates no span");
        var (send, receive) = (_spans.ElementAt(0), _spans.ElementAt(1));
        (send.OperationName, send.Kind).Should().Be(($"send {_queue}", ActivityKind.Producer));
        Tags(send).Should().Contain("messaging.system", "restmq").And.Contain("messaging.operation.name", "send")
            .And.Contain("messaging.destination.name", _queue.Value).And.Contain("messaging.message.id", $"{_queue}:1");
        taken.TraceParent.Should().Be(send.Id);
        (receive.OperationName, receive.Kind).Should().Be(($"receive {_queue}", ActivityKind.Client));
        receive.Links.Should().ContainSingle().Which.Context.SpanId.Should().Be(send.SpanId);
        receive.TraceId.Should().NotBe(send.TraceId);
        Tags(receive).Should().Contain("messaging.message.id", $"{_queue}:1");
    }

    [Fact]
    public async Task Spans_OfBatches_AddSharesOneAndReceiveLinksEach()
    {
        ActivitySource.AddActivityListener(_listener);
        var engine = _hosts.NewHost().Engine;

        await engine.AddAsync(_queue, [Message("one"), Message("two")]);
        await engine.AddAsync(_queue, Message("three"));
        await engine.LeaseAsync([_queue], 10, TimeSpan.FromMinutes(1), TimeSpan.Zero);

        var (two, three, receive) = (_spans.ElementAt(0), _spans.ElementAt(1), _spans.ElementAt(2));
        Tags(two).Should().Contain("messaging.batch.message_count", 2);
        receive.Links.Select(link => link.Context.SpanId).Should().Equal(two.SpanId, two.SpanId, three.SpanId);
    }

    [Theory]
    [InlineData(SettleAction.Ack, "ack"), InlineData(SettleAction.Extend, "extend"), InlineData(SettleAction.Release, "release")]
    [InlineData(SettleAction.Return, "return"), InlineData(SettleAction.Bury, "bury")]
    public async Task Settle_StaleOrUnknownReceipt_SetsErrorTypeOnItsSpan(SettleAction action, string name)
    {
        ActivitySource.AddActivityListener(_listener);
        var engine = _hosts.NewHost().Engine;
        await engine.AddAsync(_queue, Message("x"));
        var receipt = (await engine.LeaseAsync([_queue], 1, TimeSpan.FromMinutes(1), TimeSpan.Zero))[0].Receipt;
        using var work = new Activity("a caller's work").Start();

        await engine.SettleAsync(new Settlement(receipt, action) { Time = TimeSpan.FromMinutes(1) });
        await engine.SettleAsync(new Settlement(receipt with { Fence = 9 }, action));
        await engine.SettleAsync(new Settlement(new Receipt(new MessageKey(_queue, 7), 1), action));

        Activity.Current.Should().Be(work, "a span is current only during its call");
        var spans = _spans.Skip(2).ToArray();
        spans.Should().HaveCount(3).And.AllSatisfy(span =>
        {
            (span.OperationName, span.Kind, span.ParentSpanId).Should().Be(($"{name} {_queue}", ActivityKind.Client, work.SpanId));
            Tags(span).Should().Contain("messaging.operation.type", "settle").And.Contain("messaging.operation.name", name);
        });
        Tags(spans[0]).Should().Contain("messaging.message.id", $"{_queue}:1").And.NotContainKey("error.type");
        Tags(spans[1]).Should().Contain("error.type", action == SettleAction.Ack ? "unknown" : "stale");
        Tags(spans[2]).Should().Contain("error.type", "unknown");
    }

    [Fact]
    public async Task Settle_Batch_SharesOneSpanNamedAfterTheCommonAction()
    {
        ActivitySource.AddActivityListener(_listener);
        var engine = _hosts.NewHost().Engine;
        await engine.AddAsync(_queue, [.. Enumerable.Range(1, 4).Select(n => Message($"{n}"))]);
        var leased = await engine.LeaseAsync([_queue], 4, TimeSpan.FromMinutes(1), TimeSpan.Zero);
        SettleAction[] actions = [SettleAction.Ack, SettleAction.Ack, SettleAction.Ack, SettleAction.Release];
        Settlement[] settlements = [.. leased.Zip(actions, (message, action) => new Settlement(message.Receipt, action))];

        await engine.SettleAsync(_queue, settlements[..2]);
        await engine.SettleAsync(_queue, settlements[2..]);
        await engine.Awaiting(engine => engine.SettleAsync(_queue, []).AsTask()).Should().ThrowAsync<ArgumentException>();

        var spans = _spans.Skip(2).ToArray();
        spans.Select(span => span.OperationName).Should().Equal($"ack {_queue}", $"settle {_queue}", $"settle {_queue}");
        Tags(spans[0]).Should().Contain("messaging.operation.type", "settle").And.Contain("messaging.batch.message_count", 2);
        spans.Select(span => span.Status).Should().Equal(ActivityStatusCode.Unset, ActivityStatusCode.Unset, ActivityStatusCode.Error);
    }

    [Fact]
    public async Task Deliver_ToLiveConsumer_LinksToTheAddSpan()
    {
        ActivitySource.AddActivityListener(_listener);
        var engine = _hosts.NewHost().Engine;
        await using var listener = new Listener((await engine.SubscribeAsync(_queue, new LiveConsumerOptions()))!);

        await engine.AddAsync(_queue, Message("x"));
        await listener.MessagesAsync(1);

        var send = _spans.Single(span => span.OperationName.StartsWith("send", StringComparison.Ordinal));
        _spans.Single(span => span.OperationName == $"deliver {_queue}").Links.Should().ContainSingle().Which.Context.SpanId.Should().Be(send.SpanId);
    }

    [Fact]
    public async Task Add_StoreUnavailable_SetsTheSpanToError()
    {
        ActivitySource.AddActivityListener(_listener);
        var host = _hosts.NewHost();
        host.Store.IsUnavailable = true;

        await host.Engine.Awaiting(engine => engine.AddAsync(_queue, Message("x")).AsTask()).Should().ThrowAsync<RestMqUnavailableException>();

        var span = _spans.Should().ContainSingle().Subject;
        span.Status.Should().Be(ActivityStatusCode.Error);
        Tags(span).Should().Contain("error.type", "unavailable");
    }

    [Fact]
    public async Task Add_MessageWithTraceParent_IsTheParentOfTheSpan()
    {
        ActivitySource.AddActivityListener(_listener);
        var engine = _hosts.NewHost().Engine;

        await engine.AddAsync(_queue, Message("x") with { TraceParent = Foreign, TraceState = "a=b" });

        _spans.Should().ContainSingle().Which.ParentId.Should().Be(Foreign);
        var taken = (await engine.TakeAsync(_queue))!;
        (taken.TraceParent, taken.TraceState).Should().Be((_spans.ElementAt(0).Id, "a=b"));
        _spans.Single(span => span.OperationName == $"receive {_queue}").Links.Should().ContainSingle().Which.Context.TraceState.Should().Be("a=b");
    }

    [Fact]
    public async Task Add_CarrierActivity_IsSkippedAsParent()
    {
        ActivitySource.AddActivityListener(_listener);
        var engine = _hosts.NewHost().Engine;

        using (new Activity("RestMq.Carrier") { TraceStateString = "a=b" }.SetParentId(Foreign).Start()) await engine.AddAsync(_queue, Message("x"));

        var span = _spans.Should().ContainSingle().Subject;
        (span.ParentId, span.TraceStateString).Should().Be((Foreign, "a=b"));
        (await engine.TakeAsync(_queue))!.TraceParent.Should().Be(span.Id);
    }

    [Fact]
    public async Task Add_NoListener_CarriesTheTraceOfTheCurrentActivity()
    {
        var engine = _hosts.NewHost().Engine;

        await engine.AddAsync(_queue, Message("none"));
        await engine.AddAsync(_queue, Message("said") with { TraceParent = Foreign, TraceState = "said=1" });
        using (new Activity("of nobody").Start()) await engine.AddAsync(_queue, Message("not recorded"));
        using (new Activity("a request") { TraceStateString = "came=1" }.SetParentId(Foreign).Start())
        using (new Activity("within").Start())
        {
            await engine.AddAsync(_queue, [Message("from elsewhere")]);
        }
        using (new Activity("a request").SetParentId("|of.another.kind").Start()) await engine.AddAsync(_queue, Message("not of W3C"));
        using (new Activity("a request") { TraceStateString = "no tracestate" }.SetParentId(Foreign).Start()) await engine.AddAsync(_queue, Message("spoilt"));
        using var recorded = new Activity("recorded") { ActivityTraceFlags = ActivityTraceFlags.Recorded, TraceStateString = "own=1" }.Start();
        await engine.AddAsync(_queue, Message("recorded"));

        var messages = await engine.LeaseAsync([_queue], 10, TimeSpan.FromMinutes(1), TimeSpan.Zero);
        messages.Select(message => message.TraceParent).Should().Equal(null, Foreign, null, Foreign, null, Foreign, recorded.Id);
        messages.Select(message => message.TraceState).Should().Equal(null, "said=1", null, "came=1", null, null, "own=1");
    }

    [Fact]
    public void Carry_NoListener_AllocatesNothing()
    {
        var message = Message("x");
        using var request = new Activity("a request").Start();
        QueueTraces.Carry(message);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 0; n < 1000; n++) QueueTraces.Carry(message);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    [Fact]
    public async Task EngineMessageSource_TracedMessage_CarriesTheTrace()
    {
        var engine = _hosts.NewHost().Engine;
        await engine.AddAsync(_queue, Message("x") with { TraceParent = Foreign, TraceState = "a=b" });

        var messages = await new EngineMessageSource(engine, Options.Create(new RestMqOptions()))
            .LeaseAsync([_queue.Value], 1, TimeSpan.FromMinutes(1), TimeSpan.Zero, default);

        var message = messages.Should().ContainSingle().Subject;
        (message.TraceParent, message.TraceState).Should().Be((Foreign, "a=b"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0\n")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 x")]
    public async Task Add_InvalidTraceParent_Throws(string trace) =>
        await _hosts.NewHost().Engine.Awaiting(engine => engine.AddAsync(_queue, Message("x") with { TraceParent = trace }).AsTask())
            .Should().ThrowAsync<ArgumentException>();

    [Fact]
    public async Task Add_TraceStateWithoutTraceParent_Throws() =>
        await _hosts.NewHost().Engine.Awaiting(engine => engine.AddAsync(_queue, Message("x") with { TraceState = "a=b" }).AsTask())
            .Should().ThrowAsync<ArgumentException>();

    [Theory]
    [InlineData("a=b", true)]
    [InlineData("0a_-*/@z=! b,\t ,c=~", true)]
    [InlineData(" rojo=00f067aa0ba902b7 ,congo=t61rcWkgMzE", true)]
    [InlineData("", false)]
    [InlineData("a", false)]
    [InlineData("a=", false)]
    [InlineData("=b", false)]
    [InlineData("A=b", false)]
    [InlineData("a=b=c", false)]
    [InlineData("a=b\nc", false)]
    [InlineData("a=b\n", false)]
    [InlineData("a=\u00e9", false)]
    [InlineData("a=b,a b=c", false)]
    public void TraceState_Invalid_IsDropped(string state, bool kept) =>
        (Message("x") with { TraceState = state }).TraceState.Should().Be(kept ? state : null);

    [Fact]
    public void TraceState_BeyondItsLimits_IsDropped()
    {
        Kept(string.Join(',', Enumerable.Repeat("a=b", 32))).Should().BeTrue();
        Kept(string.Join(',', Enumerable.Repeat("a=b", 33))).Should().BeFalse();
        Kept($"{new string('a', 255)}={new string('b', 256)}").Should().BeTrue();
        Kept($"{new string('a', 256)}={new string('b', 256)}").Should().BeFalse("it is longer than 512 characters");
        Kept($"{new string('a', 257)}=b").Should().BeFalse();
        Kept($"a={new string('b', 257)}").Should().BeFalse();

        static bool Kept(string state) => (Message("x") with { TraceState = state }).TraceState == state;
    }

    private static NewMessage Message(string text) => new(MessageBody.FromText(text));

    private static Dictionary<string, object?> Tags(Activity span) => span.TagObjects.ToDictionary(tag => tag.Key, tag => tag.Value);
}
