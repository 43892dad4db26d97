using System.IO.Pipelines;

namespace RestMq.Streams;

/// <summary>Writes the events of a stream into the body of a response.</summary>
internal interface IFraming
{
    string ContentType { get; }

    /// <summary>Gets the time without a message after which a heartbeat is due; null for no heartbeats.</summary>
    TimeSpan? Heartbeat { get; }

    /// <summary>Writes the beginning of the stream.</summary>
    /// <param name="wire">The response's pipe.</param>
    /// <param name="after">The place in the history after which the stream begins; null without a history.</param>
    void WriteStart(PipeWriter wire, long? after);

    void WriteMessage(PipeWriter wire, QueueMessage message);

    void WriteMissed(PipeWriter wire, long missed);

    void WriteHeartbeat(PipeWriter wire);
}
