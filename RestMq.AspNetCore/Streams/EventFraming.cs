using System.Buffers;
using System.IO.Pipelines;

namespace RestMq.Streams;

/// <summary>
/// Writes server-sent events (HTML standard, section 9.2). A message is an event whose id is its place in the history,
/// so that EventSource resumes by itself. An event <c>missed</c> has the number of missed messages. A comment is the
/// heartbeat.
/// </summary>
internal sealed class EventFraming(LiveQuery query) : IFraming
{
    // Shorter than the idle timeouts of proxies. nginx's default of 60 seconds is a common one.
    private static readonly TimeSpan Default = TimeSpan.FromSeconds(15);

    public string ContentType => "text/event-stream";

    public TimeSpan? Heartbeat => query.Heartbeat ?? Default;

    public void WriteStart(PipeWriter wire, long? after)
    {
        wire.Write("retry: 1000\n: connected\n"u8);
        // A block with an id and no data dispatches no event, but EventSource resumes from its id.
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
