using System.Text.Json;
using System.Text.Json.Serialization;

namespace RestMq.Wire;

/// <summary>Writes a message in the queue as the HTTP API does, for a site's own endpoints.</summary>
internal sealed class SnapshotJson : JsonConverter<MessageSnapshot>
{
    public override void Write(Utf8JsonWriter writer, MessageSnapshot value, JsonSerializerOptions options) => MessageJson.Write(writer, value);

    public override MessageSnapshot Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("MessageSnapshot can be written as JSON, but not read.");
}

/// <summary>Writes a delivered or peeked message as the HTTP API does, for a site's own endpoints.</summary>
internal sealed class QueueMessageJson : JsonConverter<QueueMessage>
{
    public override void Write(Utf8JsonWriter writer, QueueMessage value, JsonSerializerOptions options) => MessageJson.Write(writer, value);

    public override QueueMessage Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("QueueMessage can be written as JSON, but not read.");
}
