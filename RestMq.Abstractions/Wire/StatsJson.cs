using System.Text.Json;
using System.Text.Json.Serialization;

namespace RestMq.Wire;

/// <summary>Writes statistics as the HTTP API does, for its routes and for a site's own endpoints.</summary>
internal sealed class StatsJson : JsonConverter<QueueStats>
{
    public override void Write(Utf8JsonWriter writer, QueueStats value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("queue", value.Queue.Value);
        QueueJson.WriteStats(writer, value);
        writer.WriteEndObject();
    }

    public override QueueStats Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("QueueStats can be written as JSON, but not read. Read the reply of /stats with IRestMqClient.");
}
