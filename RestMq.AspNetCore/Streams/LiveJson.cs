using System.Buffers;
using System.Globalization;
using System.Text.Json;
using RestMq.Http;
using RestMq.Wire;

namespace RestMq.Streams;

/// <summary>
/// Writes an event of a stream as JSON: a message with its place in the history or its receipt, or the number of missed
/// messages.
/// </summary>
internal static class LiveJson
{
    // A broadcast message goes to many consumers at about the same time. Each thread caches the JSON of the newest
    // ones.
    private const int Kept = 16;

    // Bytes of a message's body.
    private const int LargestKept = 8 * 1024;

    [ThreadStatic]
    private static (QueueMessage? Message, byte[] Json)[]? _kept;

    public static void Write(IBufferWriter<byte> buffer, QueueMessage message, bool receipt)
    {
        if (message.Sequence == 0 || receipt || message.Body.Bytes.Length > LargestKept)
        {
            Encode(buffer, message, receipt);
            return;
        }
        ref var kept = ref (_kept ??= new (QueueMessage?, byte[])[Kept])[message.Sequence % Kept];
        if (!ReferenceEquals(kept.Message, message))
        {
            var json = new ArrayBufferWriter<byte>();
            Encode(json, message, receipt);
            kept = (message, json.WrittenSpan.ToArray());
        }
        // Copied in one piece, so that a block boundary of the response does not cut the message into two chunks.
        kept.Json.CopyTo(buffer.GetSpan(kept.Json.Length));
        buffer.Advance(kept.Json.Length);
    }

    public static void WriteMissed(IBufferWriter<byte> buffer, long missed) =>
        JsonText.Write(buffer, missed, static (Utf8JsonWriter writer, long count) =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("missed", count);
            writer.WriteEndObject();
        });

    /// <summary>Writes a number as text.</summary>
    public static void WriteNumber(IBufferWriter<byte> buffer, long value)
    {
        value.TryFormat(buffer.GetSpan(20), out var written, provider: CultureInfo.InvariantCulture);
        buffer.Advance(written);
    }

    private static void Encode(IBufferWriter<byte> buffer, QueueMessage message, bool receipt) =>
        JsonText.Write(buffer, (message, receipt), static (writer, live) =>
        {
            writer.WriteStartObject();
            MessageJson.WriteMembers(writer, live.message, live.receipt);
            if (live.message.Sequence > 0) writer.WriteNumber("id", live.message.Sequence);
            writer.WriteEndObject();
        });
}
