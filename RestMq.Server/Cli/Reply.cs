using System.Text;
using System.Text.Json;

namespace RestMq.Server.Cli;

/// <summary>Reads the replies of a host or engine for the verbs.</summary>
internal static class Reply
{
    // Twice the default depth: a message may have the default depth (64), and is nested in a reply.
    private static readonly JsonDocumentOptions AnyMessage = new() { MaxDepth = 128 };

    /// <summary>
    /// Returns the <c>error</c> of the JSON protocol or the <c>detail</c> of a problem; null when the reply has
    /// neither.
    /// </summary>
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
    /// <exception cref="VerbException">The reply is not one of RestMQ's, so another program has replied.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> reply, Func<JsonElement, T> read)
    {
        try
        {
            return read(JsonElement.Parse(reply.Span, AnyMessage));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new VerbException(
                "The URL must be that of a RestMQ host, but the reply is not one of RestMQ's. Check the URL.");
        }
    }

    /// <summary>
    /// Returns a reply, or a line of one, unchanged after checking that it is a JSON object, as all of RestMQ's are.
    /// </summary>
    /// <inheritdoc cref="Read"/>
    public static ReadOnlyMemory<byte> Checked(ReadOnlyMemory<byte> reply) => Read(reply, root =>
    {
        root.EnumerateObject();
        return reply;
    });

    /// <summary>Returns the content of a message: a text as UTF-8, binary as its bytes, JSON as JSON.</summary>
    public static ReadOnlyMemory<byte> ValueOf(ReadOnlyMemory<byte> message) => Read(message, root =>
    {
        if (!root.TryGetProperty("value", out var value)) return message;
        if (root.TryGetProperty("encoding", out _)) return value.GetBytesFromBase64();
        return Encoding.UTF8.GetBytes(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());
    });
}
