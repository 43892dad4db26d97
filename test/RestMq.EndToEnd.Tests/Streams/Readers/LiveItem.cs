using System.Text.Json;

namespace RestMq.EndToEnd.Streams.Readers;

/// <summary>Names the transport of a live stream.</summary>
public enum Transport
{
    Lines,
    Events,
    Socket,
}

public enum ItemKind
{
    Message,
    Missed,
    Heartbeat,

    /// <summary>The reply to a command, which only a WebSocket sends.</summary>
    Reply,
}

/// <summary>Holds one item that a stream sent.</summary>
/// <param name="Kind">The kind of the item.</param>
/// <param name="Json">The message or the reply.</param>
/// <param name="Missed">The number of messages that are no longer in the history.</param>
public sealed record LiveItem(ItemKind Kind, JsonElement Json = default, long Missed = 0)
{
    public static readonly LiveItem Heartbeat = new(ItemKind.Heartbeat);

    /// <summary>Parses the JSON of a line or a frame.</summary>
    public static LiveItem Of(string json)
    {
        var read = RawReply.ParseJson(json);
        if (read.TryGetProperty("missed", out var missed)) return new LiveItem(ItemKind.Missed, Missed: missed.GetInt64());
        // A reply has a queue or an error. A message of the stream has neither.
        var isReply = read.TryGetProperty("queue", out _) || read.TryGetProperty("error", out _);
        return new LiveItem(isReply ? ItemKind.Reply : ItemKind.Message, read);
    }
}
