using System.Text.Json;

namespace RestMq.Live.Streams;

/// <summary>How a live stream travels.</summary>
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

    /// <summary>The answer to a command, which only a socket brings.</summary>
    Reply,
}

/// <summary>One thing that a stream brought.</summary>
/// <param name="Json">The message or the reply.</param>
/// <param name="Missed">How many messages are gone.</param>
public sealed record LiveItem(ItemKind Kind, JsonElement Json = default, long Missed = 0)
{
    public static readonly LiveItem Heartbeat = new(ItemKind.Heartbeat);

    /// <summary>What a line, or a frame, says.</summary>
    public static LiveItem Of(string json)
    {
        var read = RawReply.ParseJson(json);
        if (read.TryGetProperty("missed", out var missed)) return new LiveItem(ItemKind.Missed, Missed: missed.GetInt64());
        // A reply has a queue or an error, a message of the stream has neither.
        var isReply = read.TryGetProperty("queue", out _) || read.TryGetProperty("error", out _);
        return new LiveItem(isReply ? ItemKind.Reply : ItemKind.Message, read);
    }
}
