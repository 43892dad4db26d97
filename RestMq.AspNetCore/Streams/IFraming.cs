using System.IO.Pipelines;

namespace RestMq.Streams;

/// <summary>How events stand in the body of a response.</summary>
internal interface IFraming
{
    string ContentType { get; }

    /// <summary>How long a quiet stream waits before it shows that it lives; null for ever.</summary>
    TimeSpan? Heartbeat { get; }

    /// <summary>What comes first.</summary>
    /// <param name="wire">Where to.</param>
    /// <param name="after">The place in the history after which the stream begins, if it has one.</param>
    void WriteStart(PipeWriter wire, long? after);

    void WriteMessage(PipeWriter wire, QueueMessage message);

    void WriteMissed(PipeWriter wire, long missed);

    void WriteHeartbeat(PipeWriter wire);
}
