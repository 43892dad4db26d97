using System.Globalization;

namespace RestMq.Live.Streams;

/// <summary>Server-sent events: blocks of fields, each with a blank line behind it.</summary>
internal sealed class EventStream(CometStream lines) : LiveStream
{
    public override RawReply Head => lines.Head;

    public override async Task<LiveItem?> ReadAsync()
    {
        while (true)
        {
            if (await ReadBlockAsync() is not { } fields) return null;
            if (fields.TryGetValue("data", out var data)) return Event(fields, data);
            if (!fields.ContainsKey("retry")) return LiveItem.Heartbeat; // A comment alone.
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
        fields.GetValueOrDefault("id").Should().Be(id, "EventSource remembers what the message says");
        return item;
    }

    private async Task<Dictionary<string, string>?> ReadBlockAsync()
    {
        var fields = new Dictionary<string, string>();
        while (await lines.NextLineAsync() is { } line)
        {
            if (line.Length == 0) return fields;
            var colon = line.IndexOf(':');
            fields.TryAdd(line[..colon], line[(colon + 1)..].TrimStart(' ')).Should().BeTrue($"a field comes once: {line}");
        }
        fields.Should().BeEmpty("the stream ends after a whole event");
        return null;
    }
}
