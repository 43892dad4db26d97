using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using RestMq.Access;
using RestMq.Http;
using RestMq.Streams;

namespace RestMq.Endpoints;

/// <summary><c>/c/{queue}</c> and <c>/ws/{queue}</c>: a live consumer, by the transport that the client asks for.</summary>
internal sealed class LiveEndpoints(
    IQueueEngine engine, CommandDispatcher dispatcher, HandOut handOut, AccessControl access, RestMqOptions options, IHostApplicationLifetime lifetime)
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

    /// <summary>Only a WebSocket here.</summary>
    public Task SocketAsync(HttpContext context)
    {
        var queue = Route.Queue(context);
        if (context.WebSockets.IsWebSocketRequest) return SocketAsync(context, queue, LiveQuery.Of(context, options));
        throw Problem.UpgradeRequired($"Open a WebSocket here, or GET /c/{queue} for a stream without one.");
    }

    private async Task SocketAsync(HttpContext context, QueueName queue, LiveQuery query)
    {
        // Bound before the handshake, so that a refusal is still an answer in HTTP.
        await using var consumer = await BindAsync(context, queue, query.Consumer);
        using var socket = await context.WebSockets.AcceptWebSocketAsync(
            new WebSocketAcceptContext { KeepAliveInterval = query.Heartbeat ?? Ping, KeepAliveTimeout = Ping });
        using var stream = new SocketStream(
            socket, consumer, new FrameCommands(context, queue, dispatcher, access), handOut, Adding.FormLimit(options), () => Sending.IsGone(context));
        await stream.RunAsync(query.Consumer.Lease is not null, context.RequestAborted, lifetime.ApplicationStopping);
    }

    private async ValueTask<ILiveConsumer> BindAsync(HttpContext context, QueueName queue, LiveConsumerOptions wanted) =>
        await engine.SubscribeAsync(queue, wanted, context.RequestAborted)
        ?? throw Problem.Full($"The queue {queue} has as many consumers here as it may have.");

    private static bool WantsEvents(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);
}
