using System.Buffers;
using System.Globalization;
using System.Text.Json;
using RestMq.Http;
using RestMq.Wire;

namespace RestMq.Streams;

/// <summary>How an event of a live stream looks in JSON: a message with its place in the history, or its receipt; or how many were missed.</summary>
internal static class LiveJson
{
    // A broadcast message goes to many consumers at about the same time, so each thread keeps the newest, ready to copy.
    private const int Kept = 16;
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
        // In one piece, so that it is not cut into two chunks where one block of the response ends and the next begins.
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

    /// <summary>A number, as text.</summary>
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
