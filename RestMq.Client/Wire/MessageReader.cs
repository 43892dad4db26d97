using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace RestMq.Client.Wire;

/// <summary>
/// Reads messages from the host's JSON. A body without escapes is a slice of the reply and not a copy.
/// </summary>
internal static class MessageReader
{
    // The host accepts values up to a depth of 64. A reply nests such a value a few levels deeper.
    private const int MaxDepth = 64 + 8;

    /// <summary>Gets the options for reading replies.</summary>
    public static JsonDocumentOptions Options => new() { MaxDepth = MaxDepth };

    /// <summary>Reads one message.</summary>
    /// <exception cref="RestMqClientException">The JSON is not a message.</exception>
    public static WireMessage Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
            reader.Read();
            return Read(ref reader, json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw RestMqClientException.NotRestMq(e);
        }
    }

    /// <summary>Reads one message a line.</summary>
    /// <exception cref="RestMqClientException">A line is not a message.</exception>
    public static List<WireMessage> ReadLines(ReadOnlyMemory<byte> lines)
    {
        var messages = new List<WireMessage>();
        while (!lines.IsEmpty)
        {
            var end = lines.Span.IndexOf((byte)'\n');
            var line = end < 0 ? lines : lines[..end];
            lines = end < 0 ? default : lines[(end + 1)..];
            if (!line.Span.TrimEnd((byte)'\r').IsEmpty) messages.Add(Read(line));
        }
        return messages;
    }

    /// <summary>Reads the messages of a list that is a member of an object.</summary>
    /// <exception cref="RestMqClientException">An element of the list is not a message.</exception>
    public static List<WireMessage> ReadMember(JsonElement root, string name)
    {
        var messages = new List<WireMessage>();
        // Each message is copied, because the JsonDocument is disposed with the reply.
        foreach (var message in root.GetProperty(name).EnumerateArray())
            messages.Add(Read(JsonMarshal.GetRawUtf8Value(message).ToArray()));
        return messages;
    }

    private static WireMessage Read(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new FormatException($"A message must be a JSON object, but was a token of type {reader.TokenType}.");
        string? type = null, reason = null, trace = null, traceState = null;
        MessageKey? key = null;
        Receipt? receipt = null;
        long count = 0;
        long? id = null;
        ReadOnlyMemory<byte> body = default;
        var (isText, isBroken, isBase64) = (false, false, false);
        var state = MessageState.Ready;
        DateTimeOffset? added = null, due = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("value"u8)) (body, isText, isBroken) = Body(ref reader, json);
            else if (name.SequenceEqual("key"u8)) key = MessageKey.Parse(reader.GetString()!);
            else if (name.SequenceEqual("count"u8)) count = reader.GetInt64();
            else if (name.SequenceEqual("receipt"u8)) receipt = Receipt.Parse(reader.GetString()!);
            else if (name.SequenceEqual("type"u8)) type = reader.GetString();
            else if (name.SequenceEqual("encoding"u8)) isBase64 = reader.ValueTextEquals("base64"u8);
            else if (name.SequenceEqual("traceparent"u8)) trace = reader.GetString();
            else if (name.SequenceEqual("tracestate"u8)) traceState = reader.GetString();
            else if (name.SequenceEqual("id"u8)) id = reader.GetInt64();
            else if (name.SequenceEqual("state"u8)) state = StateOf(reader.GetString());
            else if (name.SequenceEqual("added"u8)) added = reader.GetDateTimeOffset();
            else if (name.SequenceEqual("due"u8)) due = reader.GetDateTimeOffset();
            else if (name.SequenceEqual("reason"u8)) reason = reader.GetString();
            else reader.Skip();
        }
        return new WireMessage
        {
            Key = key ?? throw new FormatException("A message must have a 'key', but had none."),
            Receipt = receipt,
            Count = count,
            Body = isBase64 ? Decoded(body.Span) : body,
            IsText = isText && !isBase64,
            IsBrokenText = isBroken,
            ContentType = type,
            TraceParent = trace,
            TraceState = traceState,
            EventId = id,
            State = state,
            Added = added,
            Due = due,
            Reason = reason,
        };
    }

    private static (ReadOnlyMemory<byte> Body, bool IsText, bool IsBroken) Body(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        var start = (int)reader.TokenStartIndex;
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return (json[start..(int)reader.BytesConsumed], false, false);
        }
        if (!reader.ValueIsEscaped) return (json.Slice(start + 1, reader.ValueSpan.Length), true, false);
        var unescaped = new byte[reader.ValueSpan.Length];
        try
        {
            return (unescaped.AsMemory(0, reader.CopyString(unescaped)), true, false);
        }
        catch (InvalidOperationException)
        {
            // JSON may escape half of a surrogate pair ("\ud83d"), which no text can hold. Such a message must not make
            // the messages of the same reply unreadable, so its body is the JSON.
            return (json[start..(int)reader.BytesConsumed], false, true);
        }
    }

    private static byte[] Decoded(ReadOnlySpan<byte> base64)
    {
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        var status = Base64.DecodeFromUtf8(base64, bytes, out _, out var length);
        return status == OperationStatus.Done
            ? bytes[..length]
            : throw new FormatException($"A value with the encoding 'base64' must be valid, but was not ({status}).");
    }

    private static MessageState StateOf(string? word) => word switch
    {
        "leased" => MessageState.Leased,
        "delayed" => MessageState.Delayed,
        "dead" => MessageState.Dead,
        _ => MessageState.Ready,
    };
}
