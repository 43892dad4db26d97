using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using RestMq.Endpoints;

namespace RestMq.Http;

/// <summary>A client that waited, and went before the server has heard of it: only the system knows.</summary>
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

    [Theory, InlineData("?wait=1", true), InlineData("?wait=1", false), InlineData("?wait=1&lease=30", true), InlineData("?wait=1&lease=30", false)]
    public async Task It_is_handed_nothing_and_the_message_goes_back_uncounted(string query, bool reset)
    {
        if (reset) _client.Close(timeout: 0);
        else _client.Shutdown(SocketShutdown.Both);
        _server.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead).Should().BeTrue("the system has heard of it");

        (await TakeAsync(query)).Should().Be(StatusCodes.Status204NoContent);

        await SettledAsync(SettleAction.Return);
    }

    [Fact]
    public async Task One_that_is_there_gets_it_and_so_does_one_that_has_sent_its_next_request()
    {
        (await TakeAsync("?wait=1&lease=30")).Should().Be(StatusCodes.Status200OK);
        _client.Send("GET"u8);
        _server.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead).Should().BeTrue();
        (await TakeAsync("?wait=1&lease=30")).Should().Be(StatusCodes.Status200OK);

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

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    private async Task<int> TakeAsync(string query)
    {
        var context = Context(query);
        await Endpoints().TakeAsync(context);
        return context.Response.StatusCode;
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
