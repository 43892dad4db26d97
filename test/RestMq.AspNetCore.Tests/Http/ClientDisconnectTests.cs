using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NSubstitute;
using RestMq.Access;
using RestMq.Endpoints;
using RestMq.Streams;

namespace RestMq.Http;

/// <summary>
/// Tests clients that disconnect while they wait or stream, before the server notices. Only the operating system knows
/// that the connection has ended.
/// </summary>
public sealed class ClientDisconnectTests : IDisposable
{
    private static readonly QueueName Test = QueueName.Parse("test");
    private static readonly QueueMessage Message = new(new MessageKey(Test, 12), MessageBody.FromText("kept"), 1, DateTimeOffset.UnixEpoch);

    private readonly IQueueEngine _engine = Substitute.For<IQueueEngine>();
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _server;

    public ClientDisconnectTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _client.Connect(listener.LocalEndPoint!);
        _server = listener.Accept();
        _engine.LeaseAsync(default!, default, default, default, default).ReturnsForAnyArgs([Message]);
    }

    [Theory, InlineData("", true), InlineData("?wait=1", true), InlineData("?wait=1", false)]
    public async Task Take_ClientDisconnected_ReturnsMessageUncounted(string query, bool reset)
    {
        TakeAWhile();
        await IsHandedNothingAsync(query, reset);
    }

    [Theory, InlineData("?lease=30", true), InlineData("?lease=30", false), InlineData("?wait=1&lease=30", true), InlineData("?wait=1&lease=30", false)]
    public async Task Lease_ClientDisconnected_ReturnsMessageUncounted(string query, bool reset) =>
        await IsHandedNothingAsync(query, reset);

    [Fact]
    public async Task Take_AnsweredSoon_DoesNotCheckClient()
    {
        await TakeAsync(""); // The first call compiles code and would take longer than DeliverySender.Soon.
        Leave(reset: true);

        var (length, asked) = (0L, 0L);
        do
        {
            asked = Stopwatch.GetTimestamp();
            length = (await TakeAsync("")).Response.Body.Length;
        }
        // On a busy machine a take may be too slow for this test. Repeats it until a take is fast enough.
        while (Stopwatch.GetElapsedTime(asked) > DeliverySender.Soon);

        length.Should().BePositive("a fast take does not check whether its client is connected");
    }

    [Fact]
    public async Task Take_ClientConnected_IsDelivered()
    {
        (await TakeAsync("?wait=1&lease=30")).Response.Body.Length.Should().BePositive();
        _client.Send("GET"u8);
        _server.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead).Should().BeTrue();
        (await TakeAsync("?wait=1&lease=30")).Response.Body.Length.Should().BePositive();

        await _engine.DidNotReceiveWithAnyArgs().SettleAsync(default, default);
    }

    [Fact]
    public async Task Lease_WriteFails_ReleasesMessage()
    {
        var context = Context("?lease=30");
        context.Features.Set<IHttpResponseBodyFeature>(new BrokenBody());

        await Endpoints().TakeAsync(context);

        await SettledAsync(SettleAction.Release);
    }

    [Fact]
    public async Task Send_WriteThrows_ReturnsMessageUncounted()
    {
        var handOut = new DeliverySender(_engine, NullLogger<DeliverySender>.Instance);
        var send = () => handOut.SendAsync(Context(""), [Message], () => throw new OutOfMemoryException());

        await send.Should().ThrowAsync<OutOfMemoryException>();

        await SettledAsync(SettleAction.Return);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Stream_ClientDisconnected_DeliversNothing(bool reset)
    {
        Leave(reset);

        (await StreamAsync(Message)).DidNotReceiveWithAnyArgs().Delivered(default!);
        (await SocketAsync(Message)).DidNotReceiveWithAnyArgs().Delivered(default!);
    }

    [Fact]
    public async Task Stream_ClientConnectedOrBroadcast_Delivers()
    {
        var broadcast = Message with { Sequence = 5 };
        (await StreamAsync(Message)).Received(1).Delivered(Message);
        (await SocketAsync(Message)).Received(1).Delivered(Message);

        Leave(reset: false);
        (await StreamAsync(broadcast)).Received(1).Delivered(broadcast);
        (await SocketAsync(broadcast)).Received(1).Delivered(broadcast);
    }

    [Theory, InlineData("take"), InlineData("lease")]
    public async Task Command_ClientDisconnected_ReturnsMessageUncounted(string command)
    {
        Leave(reset: true);
        var context = Context("");
        context.Request.Method = "POST";
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes($$"""{"cmd":"{{command}}"}"""));
        var (dispatcher, access) = (new CommandDispatcher(_engine, Options.Create(new RestMqOptions())), new AccessControl());

        await new CommandEndpoints(dispatcher, new DeliverySender(_engine, NullLogger<DeliverySender>.Instance), access, new RestMqOptions()).DispatchAsync(context);

        context.Response.Body.Length.Should().Be(0);
        await SettledAsync(SettleAction.Return);
    }

    [Fact]
    public async Task LeaseCommand_ClientConnected_KeepsLease()
    {
        var context = Context("");
        context.Request.Method = "POST";
        context.Request.Body = new MemoryStream("""{"cmd":"lease"}"""u8.ToArray());
        var (dispatcher, access) = (new CommandDispatcher(_engine, Options.Create(new RestMqOptions())), new AccessControl());

        await new CommandEndpoints(dispatcher, new DeliverySender(_engine, NullLogger<DeliverySender>.Instance), access, new RestMqOptions()).DispatchAsync(context);

        context.Response.Body.Length.Should().BePositive();
        await _engine.DidNotReceiveWithAnyArgs().SettleAsync(default, default);
    }

    [Theory, InlineData("take"), InlineData("lease")]
    public async Task SocketCommand_ClientDisconnected_ReturnsMessageUncounted(string command)
    {
        Leave(reset: true);
        var (context, socket, frames) = (Context(""), Substitute.For<WebSocket>(), 0);
        context.RequestServices = new ServiceCollection().BuildServiceProvider();
        socket.ReceiveAsync(Arg.Any<Memory<byte>>(), Arg.Any<CancellationToken>()).Returns(call =>
        {
            var take = Encoding.UTF8.GetBytes($$"""{"cmd":"{{command}}"}""");
            take.CopyTo(call.Arg<Memory<byte>>());
            return new(new ValueWebSocketReceiveResult(frames++ == 0 ? take.Length : 0, frames == 1 ? WebSocketMessageType.Text : WebSocketMessageType.Close, true));
        });
        var consumer = Substitute.For<ILiveConsumer>();
        consumer.Events.Returns(Channel.CreateUnbounded<LiveEvent>().Reader);
        var commands = new FrameCommands(
            context, Test, new CommandDispatcher(_engine, Options.Create(new RestMqOptions())), new AccessControl(), addsText: false);

        using var stream = new SocketStream(
            socket, consumer, commands, new DeliverySender(_engine, NullLogger<DeliverySender>.Instance), 1024, () => ClientConnection.IsGone(context));
        await stream.RunAsync(receipts: false, missed: 0, CancellationToken.None, CancellationToken.None);

        await socket.DidNotReceiveWithAnyArgs().SendAsync(default(ReadOnlyMemory<byte>), default, default(bool), default);
        await SettledAsync(SettleAction.Return);
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    private async Task IsHandedNothingAsync(string query, bool reset)
    {
        Leave(reset);

        (await TakeAsync(query)).Response.Body.Length.Should().Be(0);

        await SettledAsync(SettleAction.Return);
    }

    // Makes the lease take longer than DeliverySender.Soon.
    private void TakeAWhile() => _engine.LeaseAsync(default!, default, default, default, default).ReturnsForAnyArgs(async _ =>
    {
        await Task.Delay(4 * DeliverySender.Soon);
        return [Message];
    });

    private void Leave(bool reset)
    {
        if (reset) _client.Close(timeout: 0);
        else _client.Shutdown(SocketShutdown.Both);
        _server.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead).Should().BeTrue(
            "the operating system knows that the client has disconnected");
    }

    private async Task<ILiveConsumer> StreamAsync(QueueMessage message)
    {
        var (context, consumer) = (Context(""), Consumer(message));
        await ResponseStream.SendAsync(context, consumer, new LineFraming(LiveQuery.Of(context, new RestMqOptions())), CancellationToken.None);
        return consumer;
    }

    private async Task<ILiveConsumer> SocketAsync(QueueMessage message)
    {
        var (context, consumer, socket) = (Context(""), Consumer(message), Substitute.For<WebSocket>());
        var received = new TaskCompletionSource<ValueWebSocketReceiveResult>();
        socket.ReceiveAsync(Arg.Any<Memory<byte>>(), Arg.Any<CancellationToken>()).Returns(_ => new ValueTask<ValueWebSocketReceiveResult>(received.Task));
        socket.When(s => s.Abort()).Do(_ => received.TrySetException(new WebSocketException()));
        using var stream = new SocketStream(socket, consumer, null!, null!, 1024, () => ClientConnection.IsGone(context));
        await stream.RunAsync(receipts: false, missed: 0, CancellationToken.None, CancellationToken.None);
        return consumer;
    }

    // Returns the consumer of a stream that ends after one message.
    private static ILiveConsumer Consumer(QueueMessage message)
    {
        var events = Channel.CreateUnbounded<LiveEvent>();
        events.Writer.TryWrite(new LiveEvent(message, 0));
        events.Writer.Complete();
        var consumer = Substitute.For<ILiveConsumer>();
        consumer.Events.Returns(events.Reader);
        return consumer;
    }

    private async Task<HttpContext> TakeAsync(string query)
    {
        var context = Context(query);
        await Endpoints().TakeAsync(context);
        return context;
    }

    private async Task SettledAsync(SettleAction action) =>
        await _engine.Received(1).SettleAsync(new Settlement(Message.Receipt, action), Arg.Any<CancellationToken>());

    private QueueEndpoints Endpoints() =>
        new(_engine, new DeliverySender(_engine, NullLogger<DeliverySender>.Instance), new AccessControl(), new RestMqOptions(),
        Substitute.For<IHostApplicationLifetime>());

    private DefaultHttpContext Context(string query)
    {
        var context = new DefaultHttpContext();
        context.Request.Path = "/q/test";
        context.Request.QueryString = new QueryString(query);
        context.Request.RouteValues["queue"] = "test";
        context.Response.Body = new MemoryStream();
        var connection = Substitute.For<IConnectionSocketFeature>();
        connection.Socket.Returns(_server);
        context.Features.Set(connection);
        return context;
    }

    // Acts as the body of a broken connection: its reader is completed, so a flush reaches no client.
    private sealed class BrokenBody : IHttpResponseBodyFeature
    {
        private readonly Pipe _pipe = new();

        public BrokenBody() => _pipe.Reader.Complete();

        public Stream Stream => _pipe.Writer.AsStream();

        public PipeWriter Writer => _pipe.Writer;

        public Task CompleteAsync() => Task.CompletedTask;

        public void DisableBuffering()
        {
        }

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
