using System.Buffers;
using System.Text.Json;
using RestMq.Wire;

namespace RestMq;

/// <summary>What a command came to.</summary>
public enum CommandOutcome
{
    /// <summary>It was done, or could not be for a reason that is an answer (an empty queue).</summary>
    Answered,

    /// <summary>It was no command: over HTTP, 400.</summary>
    Refused,

    /// <summary>The message is too large: over HTTP, 413.</summary>
    TooLarge,

    /// <summary>The store is away, or too few replicas had an add in time: over HTTP, 503.</summary>
    Unavailable,
}

/// <summary>The reply to a command of the JSON protocol.</summary>
public sealed class CommandReply
{
    private readonly ArrayBufferWriter<byte> _json = new();

    internal CommandReply() => Writer = new Utf8JsonWriter(_json, MessageJson.Options);

    /// <summary>What it came to.</summary>
    public CommandOutcome Outcome { get; private set; }

    /// <summary>The reply: one JSON object on one line, without a line end.</summary>
    public ReadOnlyMemory<byte> Json => _json.WrittenMemory;

    /// <summary>
    /// The message that a <c>take</c> or a <c>lease</c> handed out. Who sends the reply settles it:
    /// <see cref="SettleAction.Ack"/> once the reply is written, unless it <see cref="IsLeased"/>;
    /// <see cref="SettleAction.Release"/> if the client went away.
    /// </summary>
    public QueueMessage? Taken { get; internal set; }

    /// <summary>
    /// Whether the sender of the command settles the message, by its receipt: it stays leased when the reply is
    /// written.
    /// </summary>
    public bool IsLeased { get; internal set; }

    internal Utf8JsonWriter Writer { get; private set; }

    internal void Queue(QueueName queue)
    {
        if (Writer.BytesCommitted + Writer.BytesPending == 0) Writer.WriteStartObject();
        Writer.WriteString("queue", queue.Value);
    }

    internal void List(string name, IEnumerable<string> items)
    {
        if (Writer.BytesCommitted + Writer.BytesPending == 0) Writer.WriteStartObject();
        Writer.WriteStartArray(name);
        foreach (var item in items) Writer.WriteStringValue(item);
        Writer.WriteEndArray();
    }

    internal void Fail(string error, CommandOutcome outcome = CommandOutcome.Answered)
    {
        _json.ResetWrittenCount();
        Writer.Reset(_json);
        Writer.WriteStartObject();
        Writer.WriteString("error", error);
        Outcome = outcome;
    }

    internal CommandReply End()
    {
        Writer.WriteEndObject();
        Writer.Flush();
        return this;
    }
}
