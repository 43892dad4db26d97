using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using RestMq.Access;
using RestMq.Http;
using RestMq.Limits;
using RestMq.Streams;

namespace RestMq.Endpoints;

/// <summary>
/// Handles <c>/c/{queue}</c> and <c>/ws/{queue}</c>: streams, by the transport that the client asks for.
/// </summary>
internal sealed class LiveEndpoints(
    IQueueEngine engine, CommandDispatcher dispatcher, DeliverySender handOut, AccessControl access, RestMqOptions options, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan Ping = TimeSpan.FromSeconds(15);

    public async Task StreamAsync(HttpContext context)
    {
        var queue = Route.Queue(context);
        var query = LiveQuery.Of(context, options);
        if (context.WebSockets.IsWebSocketRequest)
        {
            await SocketAsync(context, queue, query);
            return;
        }
        IFraming framing = WantsEvents(context.Request) ? new EventFraming(query) : new LineFraming(query);
        await using var consumer = await BindAsync(context, queue, query.Consumer with { Heartbeat = framing.Heartbeat });
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        await ResponseStream.SendAsync(context, consumer, framing, ended.Token);
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
        await using var consumer = await BindAsync(context, queue, query.Consumer);
        using var socket = new BoundedSocket(await context.WebSockets.AcceptWebSocketAsync(
            new WebSocketAcceptContext { KeepAliveInterval = query.Heartbeat ?? Ping, KeepAliveTimeout = Ping }), HostLimits.Of(context));
        using var stream = new SocketStream(
            socket, consumer, new FrameCommands(context, queue, dispatcher, access), handOut, AddRequests.FormLimit(options), () => ClientConnection.IsGone(context));
        await stream.RunAsync(query.Consumer.Lease is not null, context.RequestAborted, lifetime.ApplicationStopping);
    }

    private async ValueTask<ILiveConsumer> BindAsync(HttpContext context, QueueName queue, LiveConsumerOptions wanted) =>
        await engine.SubscribeAsync(queue, wanted, context.RequestAborted)
        ?? throw Problem.Full(
            $"The queue {queue} must have at most {options.MaxConsumers} live consumers on this host, and has as many. "
            + "Try again when one has left, or use another host.");

    private static bool WantsEvents(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);
}
