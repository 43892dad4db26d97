using System.Globalization;

namespace RestMq.EndToEnd.Streams.Readers;

/// <summary>Reads server-sent events: blocks of fields, each followed by a blank line.</summary>
internal sealed class EventStream(CometStream lines) : LiveStream
{
    public override RawReply Head => lines.Head;

    public override async Task<LiveItem?> ReadAsync()
    {
        while (true)
        {
            if (await ReadBlockAsync() is not { } fields) return null;
            if (fields.TryGetValue("data", out var data)) return Event(fields, data);
            if (!fields.ContainsKey("retry")) return LiveItem.Heartbeat; // The block holds only a comment.
        }
    }

    public override void Kill() => lines.Kill();

    public override ValueTask DisposeAsync() => lines.DisposeAsync();

    private static LiveItem Event(Dictionary<string, string> fields, string data)
    {
        if (fields.TryGetValue("event", out var name))
        {
            name.Should().Be("missed");
            return new LiveItem(ItemKind.Missed, Missed: long.Parse(data, CultureInfo.InvariantCulture));
        }
        var item = LiveItem.Of(data);
        var id = item.Json.TryGetProperty("id", out var place) ? $"{place}" : null;
        fields.GetValueOrDefault("id").Should().Be(id, "EventSource resumes from the id of the message");
        return item;
    }

    private async Task<Dictionary<string, string>?> ReadBlockAsync()
    {
        var fields = new Dictionary<string, string>();
        while (await lines.NextLineAsync() is { } line)
        {
            if (line.Length == 0) return fields;
            var colon = line.IndexOf(':');
            fields.TryAdd(line[..colon], line[(colon + 1)..].TrimStart(' ')).Should().BeTrue(
                $"a field must not be repeated: {line}");
        }
        fields.Should().BeEmpty("the stream ends after a complete event");
        return null;
    }
}
