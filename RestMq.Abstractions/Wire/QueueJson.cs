using System.Text.Json;

namespace RestMq.Wire;

/// <summary>Writes and reads the statistics and the settings of queues as JSON, for host and clients alike.</summary>
internal static class QueueJson
{
    /// <summary>Writes the members of <c>GET /stats/{queue}</c>.</summary>
    public static void WriteStats(Utf8JsonWriter writer, QueueStats stats)
    {
        writer.WriteString("name", stats.Queue.Value);
        writer.WriteNumber("len", stats.Ready);
        WriteStatus(writer, stats.Settings);
        writer.WriteString("policy", WireNames.Of(stats.Settings.Policy));
        writer.WriteNumber("ready", stats.Ready);
        writer.WriteNumber("leased", stats.Leased);
        writer.WriteNumber("delayed", stats.Delayed);
        writer.WriteNumber("dead", stats.Dead);
        writer.WriteNumber("added", stats.TotalAdded);
        writer.WriteNumber("settled", stats.TotalSettled);
        writer.WriteNumber("expired", stats.TotalExpired);
        WriteSeconds(writer, "oldest_age", stats.OldestAge);
        writer.WriteNumber("consumers", stats.Consumers);
        writer.WriteNumber("behind", stats.Behind);
        writer.WriteString("durability", WireNames.Of(stats.Settings.Durability));
        WriteLimits(writer, stats.Settings);
    }

    /// <summary>Writes the members of <c>GET /p/{queue}</c>.</summary>
    public static void WriteSettings(Utf8JsonWriter writer, QueueSettings settings)
    {
        // The original calls the policy "value" in its reply.
        writer.WriteString("value", WireNames.Of(settings.Policy));
        WriteLimits(writer, settings);
        writer.WriteString("durability", WireNames.Of(settings.Durability));
        WriteStatus(writer, settings);
    }

    /// <summary>Reads what <see cref="WriteStats"/> writes.</summary>
    /// <exception cref="Exception">The JSON has not the members, or has other types: a
    /// <see cref="KeyNotFoundException"/>, <see cref="InvalidOperationException"/> or
    /// <see cref="FormatException"/>.</exception>
    public static QueueStats ReadStats(JsonElement json)
    {
        return new QueueStats(QueueName.Parse(json.GetProperty("name").GetString() ?? ""), ReadSettings(json, "policy"))
        {
            Ready = Number("ready"),
            Leased = Number("leased"),
            Delayed = Number("delayed"),
            Dead = Number("dead"),
            TotalAdded = Number("added"),
            TotalSettled = Number("settled"),
            TotalExpired = Number("expired"),
            OldestAge = Seconds(json.GetProperty("oldest_age")),
            Consumers = (int)Number("consumers"),
            Behind = (int)Number("behind"),
        };

        long Number(string name) => json.GetProperty(name).GetInt64();
    }

    /// <summary>Reads what <see cref="WriteSettings"/> writes.</summary>
    /// <inheritdoc cref="ReadStats"/>
    public static QueueSettings ReadSettings(JsonElement json) => ReadSettings(json, "value");

    private static QueueSettings ReadSettings(JsonElement json, string policy)
    {
        // A host of another version may leave out a setting that it does not know. The setting then has its default.
        var unset = new QueueSettings();
        return new QueueSettings
        {
            Policy = WireNames.Policy(json.GetProperty(policy).GetString() ?? ""),
            Stopped = json.TryGetProperty("status", out var status) && status.GetInt32() == 0,
            MaxReceives = json.TryGetProperty("max_receives", out var receives) ? receives.GetInt32() : unset.MaxReceives,
            MaxLength = json.TryGetProperty("max_length", out var length) && length.ValueKind == JsonValueKind.Number ? length.GetInt64() : null,
            TimeToLive = json.TryGetProperty("ttl", out var ttl) ? Seconds(ttl) : null,
            History = json.TryGetProperty("history", out var history) ? history.GetInt32() : unset.History,
            HistoryBytes = json.TryGetProperty("history_bytes", out var bytes) ? bytes.GetInt64() : unset.HistoryBytes,
            Durability = json.TryGetProperty("durability", out var word) ? WireNames.Durability(word.GetString() ?? "") : unset.Durability,
        };
    }

    private static void WriteStatus(Utf8JsonWriter writer, QueueSettings settings) => writer.WriteNumber("status", settings.Stopped ? 0 : 1);

    private static void WriteLimits(Utf8JsonWriter writer, QueueSettings settings)
    {
        writer.WriteNumber("max_receives", settings.MaxReceives);
        if (settings.MaxLength is { } length) writer.WriteNumber("max_length", length);
        else writer.WriteNull("max_length");
        WriteSeconds(writer, "ttl", settings.TimeToLive);
        writer.WriteNumber("history", settings.History);
        writer.WriteNumber("history_bytes", settings.HistoryBytes);
    }

    private static void WriteSeconds(Utf8JsonWriter writer, string name, TimeSpan? time)
    {
        if (time is { } set) writer.WriteNumber(name, set.TotalSeconds);
        else writer.WriteNull(name);
    }

    private static TimeSpan? Seconds(JsonElement number) =>
        number.ValueKind == JsonValueKind.Number ? TimeSpan.FromSeconds(number.GetDouble()) : null;
}
