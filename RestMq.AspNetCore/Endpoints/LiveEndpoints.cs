using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.Hosting;
using RestMq.Http;
using RestMq.Streams;

namespace RestMq.Endpoints;

/// <summary><c>/c/{queue}</c>: a live consumer.</summary>
internal sealed class LiveEndpoints(IQueueEngine engine, IHostApplicationLifetime lifetime)
{
    public async Task StreamAsync(HttpContext context)
    {
        var queue = Route.Queue(context);
        var callback = Fields.OfQuery(context).Callback;
        var consumer = await engine.SubscribeAsync(queue, new LiveConsumerOptions(), context.RequestAborted)
            ?? throw Problem.Full($"The queue {queue} has as many consumers here as it may have.");
        await using (consumer)
        {
            // A stream ends with its client or with the host, not with a time limit; and nothing on its way may hold it back.
            context.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            context.Response.Headers["X-Accel-Buffering"] = "no";
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            await LineStream.SendAsync(context, consumer, callback, ended.Token);
        }
    }
}
