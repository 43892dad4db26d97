using System.IO.Pipelines;
using System.Buffers;
using Microsoft.AspNetCore.Http;
using RestMq.Http;
using RestMq.Wire;

namespace RestMq.Streams;

/// <summary>The original's COMET: one JSON object a line, chunked, or one JSONP call a line.</summary>
internal static class LineStream
{
    /// <summary>Sends until the stream ends, the client goes away, or the host stops.</summary>
    public static async Task SendAsync(HttpContext context, ILiveConsumer consumer, string? callback, CancellationToken ended)
    {
        Reply.SetHeaders(context, callback is null ? "text/plain; charset=utf-8" : "application/javascript");
        // At once, so that the client knows that it is connected.
        await context.Response.StartAsync(ended);
        var wire = context.Response.BodyWriter;
        await wire.FlushAsync(ended);

        var written = new List<QueueMessage>();
        try
        {
            while (await consumer.Events.WaitToReadAsync(ended))
            {
                while (wire.UnflushedBytes < FlushAt && consumer.Events.TryRead(out var next))
                {
                    if (next.Message is not { } message) continue; // A line can tell no gap.
                    WriteLine(wire, message, callback);
                    written.Add(message);
                }
                var flushed = await wire.FlushAsync(ended);
                if (flushed.IsCompleted || ended.IsCancellationRequested) return;
                foreach (var message in written) consumer.Delivered(message);
                written.Clear();
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // What was written and not flushed goes back to the queue with the consumer.
        }
    }

    // Enough to fill packets; what has not been flushed is not delivered.
    private const int FlushAt = 32 * 1024;

    private static void WriteLine(PipeWriter wire, QueueMessage message, string? callback)
    {
        if (callback is not null) Reply.Open(wire, callback);
        Reply.WriteJson(wire, message, static (writer, m) => MessageJson.Write(writer, m));
        wire.Write(callback is null ? "\r\n"u8 : ");\r\n"u8);
    }
}
