using System.IO.Pipelines;

namespace RestMq.Streams;

/// <summary>How events stand in the body of a response.</summary>
internal interface IFraming
{
    string ContentType { get; }

    /// <summary>How long a quiet stream waits before it shows that it lives; null for ever.</summary>
    TimeSpan? Heartbeat { get; }

    /// <summary>What comes first.</summary>
    void WriteStart(PipeWriter wire);

    void WriteMessage(PipeWriter wire, QueueMessage message);

    void WriteMissed(PipeWriter wire, long missed);

    void WriteHeartbeat(PipeWriter wire);
}
