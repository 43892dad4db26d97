using System.Buffers;
using System.IO.Pipelines;

namespace RestMq.Streams;

/// <summary>
/// Server-sent events (the HTML standard, section 9.2): a message is an event whose id is its place in the history, so that EventSource
/// resumes by itself; what was missed is an event <c>missed</c> with the number; a comment is the heartbeat.
/// </summary>
internal sealed class EventFraming(LiveQuery query) : IFraming
{
    // Shorter than the idle times of proxies, of which nginx's 60 seconds is a common one.
    private static readonly TimeSpan Default = TimeSpan.FromSeconds(15);

    public string ContentType => "text/event-stream";

    public TimeSpan? Heartbeat => query.Heartbeat ?? Default;

    public void WriteStart(PipeWriter wire, long? after)
    {
        wire.Write("retry: 1000\n: connected\n"u8);
        // An id without data is no event, but EventSource resumes from it.
        if (after is { } id) WriteId(wire, id);
        wire.Write("\n"u8);
    }

    public void WriteMessage(PipeWriter wire, QueueMessage message)
    {
        if (message.Sequence > 0) WriteId(wire, message.Sequence);
        wire.Write("data: "u8);
        LiveJson.Write(wire, message, query.Consumer.Lease is not null);
        wire.Write("\n\n"u8);
    }

    public void WriteMissed(PipeWriter wire, long missed)
    {
        wire.Write("event: missed\ndata: "u8);
        LiveJson.WriteNumber(wire, missed);
        wire.Write("\n\n"u8);
    }

    public void WriteHeartbeat(PipeWriter wire) => wire.Write(":\n\n"u8);

    private static void WriteId(PipeWriter wire, long id)
    {
        wire.Write("id: "u8);
        LiveJson.WriteNumber(wire, id);
        wire.Write("\n"u8);
    }
}
