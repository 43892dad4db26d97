using System.Text.Json;
using System.Text.Json.Serialization;

namespace RestMq.Wire;

/// <summary>Writes statistics as the HTTP API does, for its routes and for a site's own endpoints.</summary>
internal sealed class StatsJson : JsonConverter<QueueStats>
{
    /// <summary>Writes the members of statistics.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, QueueStats stats)
    {
        writer.WriteString("name", stats.Queue.Value);
        writer.WriteNumber("len", stats.Ready);
        writer.WriteNumber("status", stats.Settings.Stopped ? 0 : 1);
        writer.WriteString("policy", WireNames.Of(stats.Settings.Policy));
        writer.WriteNumber("ready", stats.Ready);
        writer.WriteNumber("leased", stats.Leased);
        writer.WriteNumber("delayed", stats.Delayed);
        writer.WriteNumber("dead", stats.Dead);
        writer.WriteNumber("added", stats.TotalAdded);
        writer.WriteNumber("settled", stats.TotalSettled);
        writer.WriteNumber("expired", stats.TotalExpired);
        if (stats.OldestAge is { } age) writer.WriteNumber("oldest_age", age.TotalSeconds);
        else writer.WriteNull("oldest_age");
        writer.WriteNumber("consumers", stats.Consumers);
        writer.WriteNumber("behind", stats.Behind);
        writer.WriteString("durability", WireNames.Of(stats.Settings.Durability));
    }

    public override void Write(Utf8JsonWriter writer, QueueStats value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("queue", value.Queue.Value);
        WriteMembers(writer, value);
        writer.WriteEndObject();
    }

    public override QueueStats Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("QueueStats can be written as JSON, but not read. Read the reply of /stats with IRestMqClient.");
}
