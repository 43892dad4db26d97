using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using RestMq.Access;
using RestMq.Http;
using RestMq.Limits;
using RestMq.Streams;

namespace RestMq.Endpoints;

/// <summary>
/// Handles <c>/c/{queue}</c>, <c>/sse/{queue}</c> and <c>/ws/{queue}</c>: streams, by the transport that the client asks
/// for.
/// </summary>
internal sealed class LiveEndpoints(
    IQueueEngine engine, CommandDispatcher dispatcher, DeliverySender handOut, AccessControl access, RestMqOptions options, IHostApplicationLifetime lifetime)
{
    // The name that a client may offer for the messages and commands of a WebSocket (RFC 6455, section 1.9).
    private const string Subprotocol = "restmq";

    private static readonly TimeSpan Ping = TimeSpan.FromSeconds(15);

    public Task StreamAsync(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest || HttpMethods.IsConnect(context.Request.Method)) return SocketAsync(context);
        return StreamAsync(context, isEvents: WantsEvents(context.Request));
    }

    /// <summary>Serves server-sent events, whatever the client accepts.</summary>
    public Task EventsAsync(HttpContext context) => StreamAsync(context, isEvents: true);

    private async Task StreamAsync(HttpContext context, bool isEvents)
    {
        var queue = Route.Queue(context);
        var query = LiveQuery.Of(context, options);
        IFraming framing = isEvents ? new EventFraming(query) : new LineFraming(query);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            // A stream without a body would be a consumer that takes messages and shows none, so none is bound.
            Reply.SetHeaders(context, framing.ContentType);
            return;
        }
        await using var consumer = await BindAsync(context, queue, query.Consumer with { Heartbeat = framing.Heartbeat }, isSilent: true);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        await ResponseStream.SendAsync(context, consumer, framing, ended.Token, query.HasForeignPlace);
    }

    /// <summary>Serves a WebSocket; any other request is refused with 426.</summary>
    public Task SocketAsync(HttpContext context)
    {
        var queue = Route.Queue(context);
        if (context.WebSockets.IsWebSocketRequest) return SocketAsync(context, queue, LiveQuery.Of(context, options));
        throw Problem.UpgradeRequired(
            "This route must be opened as a WebSocket, but the request is no upgrade. "
            + $"GET /c/{queue} streams without a WebSocket.");
    }

    private async Task SocketAsync(HttpContext context, QueueName queue, LiveQuery query)
    {
        // Binds before the handshake, so that a refusal still has an HTTP status.
        await using var consumer = await BindAsync(context, queue, query.Consumer, isSilent: false);
        using var socket = new BoundedSocket(await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            KeepAliveInterval = query.Heartbeat ?? Ping,
            KeepAliveTimeout = Ping,
            SubProtocol = context.WebSockets.WebSocketRequestedProtocols.Contains(Subprotocol) ? Subprotocol : null,
        }), HostLimits.Of(context));
        using var stream = new SocketStream(
            socket, consumer, new FrameCommands(context, queue, dispatcher, access, query.AddsText), handOut, AddRequests.FormLimit(options), () => ClientConnection.IsGone(context));
        var missed = query.HasForeignPlace ? consumer.BeginsAfter ?? 0 : 0;
        await stream.RunAsync(query.Consumer.Lease is not null, missed, context.RequestAborted, lifetime.ApplicationStopping);
        if (stream.HasUnreadInput) await UpgradedConnection.DrainAsync(context);
    }

    private async ValueTask<ILiveConsumer> BindAsync(HttpContext context, QueueName queue, LiveConsumerOptions wanted, bool isSilent) =>
        await engine.SubscribeAsync(queue, wanted with { IsConnected = ClientConnection.CheckOf(context, isSilent) }, context.RequestAborted)
        ?? throw Problem.Full(
            $"The queue {queue} must have at most {options.MaxConsumers} live consumers on this host, and has as many. "
            + "Try again when one has left, or use another host.");

    private static bool WantsEvents(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);
}
