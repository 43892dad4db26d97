using System.Buffers;
using System.Globalization;
using System.Text.Json;
using RestMq.Http;
using RestMq.Wire;

namespace RestMq.Streams;

/// <summary>How an event of a live stream looks in JSON: a message with its place in the history, or its receipt; or how many were missed.</summary>
internal static class LiveJson
{
    public static void Write(IBufferWriter<byte> buffer, QueueMessage message, bool receipt) =>
        Reply.WriteJson(buffer, (message, receipt), static (writer, live) =>
        {
            writer.WriteStartObject();
            MessageJson.WriteMembers(writer, live.message, live.receipt);
            if (live.message.Sequence > 0) writer.WriteNumber("id", live.message.Sequence);
            writer.WriteEndObject();
        });

    public static void WriteMissed(IBufferWriter<byte> buffer, long missed) =>
        Reply.WriteJson(buffer, missed, static (Utf8JsonWriter writer, long count) =>
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
}
