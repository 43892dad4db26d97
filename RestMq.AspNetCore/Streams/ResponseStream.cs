using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RestMq.Http;

namespace RestMq.Streams;

/// <summary>A live stream as the body of a response, chunk by chunk. The framing says how the events stand in it.</summary>
internal static class ResponseStream
{
    // Enough to fill packets; what has not been flushed is not delivered.
    private const int FlushAt = 32 * 1024;

    /// <summary>Sends until the stream ends, the client goes away, or the host stops.</summary>
    public static async Task SendAsync(HttpContext context, ILiveConsumer consumer, IFraming framing, CancellationToken ended)
    {
        // Nothing on its way may hold it back.
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.Headers["X-Accel-Buffering"] = "no";
        if (consumer.BeginsAfter is { } after) context.Response.Headers["Last-Event-ID"] = after.ToString(CultureInfo.InvariantCulture);
        Reply.SetHeaders(context, framing.ContentType);
        var wire = context.Response.BodyWriter;
        try
        {
            // At once, so that the client knows that it is connected.
            await context.Response.StartAsync(ended);
            framing.WriteStart(wire, consumer.BeginsAfter);
            await wire.FlushAsync(ended);
            await SendEventsAsync(context, consumer, framing, ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // What was written and not flushed goes back to the queue with the consumer.
        }
    }

    private static async Task SendEventsAsync(HttpContext context, ILiveConsumer consumer, IFraming framing, CancellationToken ended)
    {
        var wire = context.Response.BodyWriter;
        var written = new List<QueueMessage>();
        while (await consumer.Events.WaitToReadAsync(ended))
        {
            while (wire.UnflushedBytes < FlushAt && consumer.Events.TryRead(out var next))
            {
                if (next.IsHeartbeat) framing.WriteHeartbeat(wire);
                if (next.Missed > 0) framing.WriteMissed(wire, next.Missed);
                if (next.Message is not { } message) continue;
                framing.WriteMessage(wire, message);
                written.Add(message);
            }
            // Before, since afterwards a client may well go because it has what it wanted. A broadcast needs no asking: it has its history.
            if (written.Exists(static message => message.Sequence == 0) && Sending.IsGone(context)) return;
            if (!await Sending.TryFlushAsync(wire, ended) || ended.IsCancellationRequested) return;
            foreach (var message in written) consumer.Delivered(message);
            written.Clear();
        }
    }
}
