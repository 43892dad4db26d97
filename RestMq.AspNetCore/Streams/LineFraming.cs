using System.Buffers;
using System.IO.Pipelines;
using RestMq.Http;

namespace RestMq.Streams;

/// <summary>
/// Writes the original's COMET stream: one JSON object or one JSONP call a line. A blank line is a heartbeat, sent only
/// when the client asks for heartbeats.
/// </summary>
internal sealed class LineFraming(LiveQuery query) : IFraming
{
    public string ContentType => query.Callback is null ? "text/plain; charset=utf-8" : "application/javascript";

    public TimeSpan? Heartbeat => query.Heartbeat;

    public void WriteStart(PipeWriter wire, long? after)
    {
        // Nothing to write: the response headers tell the client that it is connected.
    }

    public void WriteMessage(PipeWriter wire, QueueMessage message)
    {
        Open(wire);
        LiveJson.Write(wire, message, query.Consumer.Lease is not null);
        Close(wire);
    }

    public void WriteMissed(PipeWriter wire, long missed)
    {
        Open(wire);
        LiveJson.WriteMissed(wire, missed);
        Close(wire);
    }

    public void WriteHeartbeat(PipeWriter wire) => wire.Write("\r\n"u8);

    private void Open(PipeWriter wire)
    {
        if (query.Callback is { } callback) Reply.Open(wire, callback);
    }

    private void Close(PipeWriter wire) => wire.Write(query.Callback is null ? "\r\n"u8 : ");\r\n"u8);
}
