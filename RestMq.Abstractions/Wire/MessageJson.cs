using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RestMq.Wire;

/// <summary>
/// Writes messages as JSON, for every route and for the JSON protocol. A text is a string, JSON is itself, and binary
/// is base64 with <c>"encoding"</c>.
/// </summary>
internal static class MessageJson
{
    /// <summary>
    /// The options of every writer. Non-ASCII text is not escaped. That is safe, because the content type of replies is
    /// JSON or JavaScript, never HTML.
    /// </summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly JsonEncodedText Key = JsonEncodedText.Encode("key");
    private static readonly JsonEncodedText Value = JsonEncodedText.Encode("value");
    private static readonly JsonEncodedText Count = JsonEncodedText.Encode("count");
    private static readonly JsonEncodedText Receipt = JsonEncodedText.Encode("receipt");
    private static readonly JsonEncodedText Encoding = JsonEncodedText.Encode("encoding");
    private static readonly JsonEncodedText Type = JsonEncodedText.Encode("type");
    private static readonly JsonEncodedText TraceParent = JsonEncodedText.Encode("traceparent");
    private static readonly JsonEncodedText TraceState = JsonEncodedText.Encode("tracestate");

    private static readonly SearchValues<byte> LineBreaks = SearchValues.Create("\r\n"u8);

    /// <summary>
    /// Writes the members of a message: key, value, count, the receipt on request, and the trace if there is one.
    /// </summary>
    public static void WriteMembers(Utf8JsonWriter writer, QueueMessage message, bool receipt = false)
    {
        writer.WriteString(Key, message.Key.ToString());
        WriteBody(writer, message.Body);
        writer.WriteNumber(Count, message.DeliveryCount);
        if (receipt) writer.WriteString(Receipt, message.Receipt.ToString());
        if (message.TraceParent is { } trace) writer.WriteString(TraceParent, trace);
        if (message.TraceState is { } state) writer.WriteString(TraceState, state);
    }

    /// <summary>Writes a message as an object.</summary>
    public static void Write(Utf8JsonWriter writer, QueueMessage message, bool receipt = false)
    {
        writer.WriteStartObject();
        WriteMembers(writer, message, receipt);
        writer.WriteEndObject();
    }

    /// <summary>Writes a message with its state, and with the due time or the reason if there is one.</summary>
    public static void Write(Utf8JsonWriter writer, MessageSnapshot snapshot)
    {
        writer.WriteStartObject();
        WriteMembers(writer, snapshot.Message);
        writer.WriteString("state", WireNames.Of(snapshot.State));
        writer.WriteString("added", snapshot.Message.Added);
        if (snapshot.Due is { } due) writer.WriteString("due", due);
        if (snapshot.Reason is { } reason) writer.WriteString("reason", reason);
        writer.WriteEndObject();
    }

    /// <summary>
    /// Writes a body as the member <c>value</c>, with <c>encoding</c> and <c>type</c> where a sender needs them to send
    /// the same body again.
    /// </summary>
    public static void WriteBody(Utf8JsonWriter writer, MessageBody body)
    {
        switch (body.Kind)
        {
            case BodyKind.Text:
                writer.WriteString(Value, body.Bytes.Span);
                break;
            case BodyKind.Json:
                writer.WritePropertyName(Value);
                writer.WriteRawValue(OnOneLine(body.Bytes.Span), skipInputValidation: true);
                break;
            default:
                writer.WriteBase64String(Value, body.Bytes.Span);
                writer.WriteString(Encoding, "base64"u8);
                break;
        }
        if (body.ContentType is { } type) writer.WriteString(Type, type);
    }

    // Removes line breaks, so that a message is one line of a stream. In JSON, a line break can only stand between
    // tokens (inside a string it is escaped), so the value stays the same.
    private static ReadOnlySpan<byte> OnOneLine(ReadOnlySpan<byte> json)
    {
        if (!json.ContainsAny(LineBreaks)) return json;
        var line = new byte[json.Length];
        var length = 0;
        foreach (var b in json)
        {
            if (b is not ((byte)'\r' or (byte)'\n')) line[length++] = b;
        }
        return line.AsSpan(0, length);
    }
}
