using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RestMq.Http;
using RestMq.Limits;

namespace RestMq.Streams;

/// <summary>Sends a stream as the body of a response, in chunks. The framing writes the events.</summary>
internal static class ResponseStream
{
    // Bytes. Enough to fill packets. A message counts as delivered only after its flush.
    private const int FlushAt = 32 * 1024;

    /// <summary>Sends events until the stream ends, the client disconnects, or the host stops.</summary>
    /// <param name="context">The request.</param>
    /// <param name="consumer">The live consumer whose events are sent.</param>
    /// <param name="framing">Writes the events.</param>
    /// <param name="ended">Cancelled when the client has disconnected or the host stops.</param>
    /// <param name="hasForeignPlace">
    /// Whether the stream begins with a gap of everything before it, because the client's place is unknown.
    /// </param>
    public static async Task SendAsync(HttpContext context, ILiveConsumer consumer, IFraming framing, CancellationToken ended, bool hasForeignPlace = false)
    {
        // Neither the server nor a proxy (nginx's X-Accel-Buffering) may hold messages back.
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.Headers["X-Accel-Buffering"] = "no";
        if (consumer.BeginsAfter is { } after) context.Response.Headers["Last-Event-ID"] = after.ToString(CultureInfo.InvariantCulture);
        Reply.SetHeaders(context, framing.ContentType);
        var wire = context.Response.BodyWriter;
        try
        {
            // Sends the headers at once, so that the client knows that it is connected.
            await context.Response.StartAsync(ended);
            framing.WriteStart(wire, consumer.BeginsAfter);
            if (hasForeignPlace && consumer.BeginsAfter is > 0 and var missed) framing.WriteMissed(wire, missed);
            await wire.FlushAsync(ended);
            await SendEventsAsync(context, consumer, framing, ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Messages that were written but not flushed return to the queue when the consumer is disposed.
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
            // Checked before the flush: after it, a client may disconnect because it has its message. A broadcast
            // message (Sequence above 0) needs no check, because the client can resume from the history.
            if (written.Exists(static message => message.Sequence == 0) && ClientConnection.IsGone(context)) return;
            if (!await StreamFlush.TryFlushAsync(context, ended) || ended.IsCancellationRequested) return;
            foreach (var message in written) consumer.Delivered(message);
            written.Clear();
        }
    }
}
