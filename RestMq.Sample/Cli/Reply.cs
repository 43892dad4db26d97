using System.Text;
using System.Text.Json;

namespace RestMq.Sample.Cli;

/// <summary>Reads what a verb needs to know of a reply.</summary>
internal static class Reply
{
    // A message may be as deep as the default allows, and stands within a reply.
    private static readonly JsonDocumentOptions AnyMessage = new() { MaxDepth = 128 };

    /// <summary>Why something could not be done: the <c>error</c> of the JSON protocol, or the <c>detail</c> of a problem; null when neither is there.</summary>
    public static string? ErrorOf(ReadOnlyMemory<byte> reply)
    {
        try
        {
            var root = JsonElement.Parse(reply.Span, AnyMessage);
            return root.ValueKind == JsonValueKind.Object && (root.TryGetProperty("error", out var said) || root.TryGetProperty("detail", out said)) ? said.ToString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads a reply, or a line of one.</summary>
    /// <exception cref="VerbException">It is not as RestMQ's are, so something else has answered.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> reply, Func<JsonElement, T> read)
    {
        try
        {
            return read(JsonElement.Parse(reply.Span, AnyMessage));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new VerbException("That is no RestMQ host: what it replies is none of RestMQ's.");
        }
    }

    /// <summary>A reply, or a line of one, as it is when it is an object, as all of RestMQ's are.</summary>
    /// <inheritdoc cref="Read"/>
    public static ReadOnlyMemory<byte> Checked(ReadOnlyMemory<byte> reply) => Read(reply, root =>
    {
        root.EnumerateObject();
        return reply;
    });

    /// <summary>The content of a message: a text as it is, binary as its bytes, JSON as JSON.</summary>
    public static ReadOnlyMemory<byte> ValueOf(ReadOnlyMemory<byte> message) => Read(message, root =>
    {
        if (!root.TryGetProperty("value", out var value)) return message;
        if (root.TryGetProperty("encoding", out _)) return value.GetBytesFromBase64();
        return Encoding.UTF8.GetBytes(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());
    });
}
