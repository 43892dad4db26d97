using System.Buffers;
using System.Text.Json;
using RestMq.Wire;

namespace RestMq;

/// <summary>Specifies the outcome of a command.</summary>
public enum CommandOutcome
{
    /// <summary>
    /// The command was executed. A valid command that cannot be carried out, such as a take from an empty queue, also
    /// has this outcome, with <c>error</c> in the reply. Over HTTP this is 200.
    /// </summary>
    Answered,

    /// <summary>The command is invalid. Over HTTP this is 400.</summary>
    Refused,

    /// <summary>The message is too large. Over HTTP this is 413.</summary>
    TooLarge,

    /// <summary>
    /// The store is away, or too few replicas confirmed an add in time. Over HTTP this is 503.
    /// </summary>
    Unavailable,
}

/// <summary>Holds the reply to a command of the JSON protocol.</summary>
public sealed class CommandReply
{
    private readonly ArrayBufferWriter<byte> _json = new();

    internal CommandReply() => Writer = new Utf8JsonWriter(_json, MessageJson.Options);

    /// <summary>Gets the outcome of the command.</summary>
    public CommandOutcome Outcome { get; private set; }

    /// <summary>Gets the reply: one JSON object on one line, without a line end.</summary>
    public ReadOnlyMemory<byte> Json => _json.WrittenMemory;

    /// <summary>
    /// Gets the message that a <c>take</c> or a <c>lease</c> delivered. The transport that sends the reply must settle
    /// it: by <see cref="SettleAction.Ack"/> once the reply is written, unless <see cref="IsLeased"/> is true, and by
    /// <see cref="SettleAction.Release"/> if the client went away.
    /// </summary>
    public QueueMessage? Taken { get; internal set; }

    /// <summary>
    /// Gets whether the message stays in flight after the reply is written, because the sender of the command settles
    /// it by its receipt.
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
