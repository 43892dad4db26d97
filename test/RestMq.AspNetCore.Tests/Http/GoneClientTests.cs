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

/// <summary>A client that waited or streamed, and went before the server has heard of it: only the system knows.</summary>
public sealed class GoneClientTests : IDisposable
{
    private static readonly QueueName Test = QueueName.Parse("test");
    private static readonly QueueMessage Message = new(new MessageKey(Test, 12), MessageBody.FromText("kept"), 1, DateTimeOffset.UnixEpoch);

    private readonly IQueueEngine _engine = Substitute.For<IQueueEngine>();
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _server;

    public GoneClientTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _client.Connect(listener.LocalEndPoint!);
        _server = listener.Accept();
        _engine.LeaseAsync(default!, default, default, default, default).ReturnsForAnyArgs([Message]);
    }

    [Theory, InlineData("", true), InlineData("?wait=1", true), InlineData("?wait=1", false)]
    public async Task It_is_handed_nothing_and_the_message_goes_back_uncounted(string query, bool reset)
    {
        TakeAWhile();
        await IsHandedNothingAsync(query, reset);
    }

    [Theory, InlineData("?lease=30", true), InlineData("?lease=30", false), InlineData("?wait=1&lease=30", true), InlineData("?wait=1&lease=30", false)]
    public async Task It_is_leased_nothing_however_soon(string query, bool reset) => await IsHandedNothingAsync(query, reset);

    [Fact]
    public async Task One_whose_plain_take_is_answered_soon_is_not_looked_for()
    {
        await TakeAsync(""); // What is done for the first time is not soon.
        Leave(reset: true);

        var (length, asked) = (0L, 0L);
        do
        {
            asked = Stopwatch.GetTimestamp();
            length = (await TakeAsync("")).Response.Body.Length;
        }
        while (Stopwatch.GetElapsedTime(asked) > HandOut.Soon); // This machine was made to wait.

        length.Should().BePositive("nobody asked whether its client is there");
    }

    [Fact]
    public async Task One_that_is_there_gets_it_and_so_does_one_that_has_sent_its_next_request()
    {
        (await TakeAsync("?wait=1&lease=30")).Response.Body.Length.Should().BePositive();
        _client.Send("GET"u8);
        _server.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead).Should().BeTrue();
        (await TakeAsync("?wait=1&lease=30")).Response.Body.Length.Should().BePositive();

        await _engine.DidNotReceiveWithAnyArgs().SettleAsync(default, default);
    }

    [Fact]
    public async Task A_lease_whose_reply_finds_nobody_goes_back_at_once()
    {
        var context = Context("?lease=30");
        context.Features.Set<IHttpResponseBodyFeature>(new BrokenBody());

        await Endpoints().TakeAsync(context);

        await SettledAsync(SettleAction.Release);
    }

    [Fact]
    public async Task What_could_not_even_be_written_goes_back_uncounted()
    {
        var handOut = new HandOut(_engine, NullLogger<HandOut>.Instance);
        var send = () => handOut.SendAsync(Context(""), [Message], () => throw new OutOfMemoryException());

        await send.Should().ThrowAsync<OutOfMemoryException>();

        await SettledAsync(SettleAction.Return);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_stream_writes_it_nothing_that_is_for_it_alone(bool reset)
    {
        Leave(reset);

        (await StreamAsync(Message)).DidNotReceiveWithAnyArgs().Delivered(default!);
        (await SocketAsync(Message)).DidNotReceiveWithAnyArgs().Delivered(default!);
    }

    [Fact]
    public async Task A_stream_that_has_its_client_delivers_and_a_broadcast_asks_nobody()
    {
        var broadcast = Message with { Sequence = 5 };
        (await StreamAsync(Message)).Received(1).Delivered(Message);
        (await SocketAsync(Message)).Received(1).Delivered(Message);

        Leave(reset: false);
        (await StreamAsync(broadcast)).Received(1).Delivered(broadcast);
        (await SocketAsync(broadcast)).Received(1).Delivered(broadcast);
    }

    [Theory, InlineData("take"), InlineData("lease")]
    public async Task A_command_that_finds_nobody_goes_back_uncounted(string command)
    {
        Leave(reset: true);
        var context = Context("");
        context.Request.Method = "POST";
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes($$"""{"cmd":"{{command}}"}"""));
        var (dispatcher, access) = (new CommandDispatcher(_engine, Options.Create(new RestMqOptions())), new AccessControl(Substitute.For<IHostEnvironment>()));

        await new CommandEndpoints(dispatcher, new HandOut(_engine, NullLogger<HandOut>.Instance), access, new RestMqOptions()).DispatchAsync(context);

        context.Response.Body.Length.Should().Be(0);
        await SettledAsync(SettleAction.Return);
    }

    [Fact]
    public async Task A_command_that_leased_leaves_it_to_its_sender()
    {
        var context = Context("");
        context.Request.Method = "POST";
        context.Request.Body = new MemoryStream("""{"cmd":"lease"}"""u8.ToArray());
        var (dispatcher, access) = (new CommandDispatcher(_engine, Options.Create(new RestMqOptions())), new AccessControl(Substitute.For<IHostEnvironment>()));

        await new CommandEndpoints(dispatcher, new HandOut(_engine, NullLogger<HandOut>.Instance), access, new RestMqOptions()).DispatchAsync(context);

        context.Response.Body.Length.Should().BePositive();
        await _engine.DidNotReceiveWithAnyArgs().SettleAsync(default, default);
    }

    [Theory, InlineData("take"), InlineData("lease")]
    public async Task A_socket_that_took_by_command_is_answered_nothing_and_the_message_goes_back_uncounted(string command)
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
            context, Test, new CommandDispatcher(_engine, Options.Create(new RestMqOptions())), new AccessControl(Substitute.For<IHostEnvironment>()));

        using var stream = new SocketStream(
            socket, consumer, commands, new HandOut(_engine, NullLogger<HandOut>.Instance), 1024, () => Sending.IsGone(context));
        await stream.RunAsync(receipts: false, CancellationToken.None, CancellationToken.None);

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

    // Longer than what is soon.
    private void TakeAWhile() => _engine.LeaseAsync(default!, default, default, default, default).ReturnsForAnyArgs(async _ =>
    {
        await Task.Delay(4 * HandOut.Soon);
        return [Message];
    });

    private void Leave(bool reset)
    {
        if (reset) _client.Close(timeout: 0);
        else _client.Shutdown(SocketShutdown.Both);
        _server.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead).Should().BeTrue("the system has heard of it");
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
        using var stream = new SocketStream(socket, consumer, null!, null!, 1024, () => Sending.IsGone(context));
        await stream.RunAsync(receipts: false, CancellationToken.None, CancellationToken.None);
        return consumer;
    }

    // Of a stream that ends after one message.
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
        new(_engine, new HandOut(_engine, NullLogger<HandOut>.Instance), new RestMqOptions(), Substitute.For<IHostApplicationLifetime>());

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

    // The end of a connection that broke: what is flushed is not taken.
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
