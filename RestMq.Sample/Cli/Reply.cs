using System.Text;
using System.Text.Json;

namespace RestMq.Sample.Cli;

/// <summary>Reads what a verb needs to know of a reply.</summary>
internal static class Reply
{
    /// <summary>Why something could not be done: the <c>error</c> of the JSON protocol, or the <c>detail</c> of a problem; null when neither is there.</summary>
    public static string? ErrorOf(ReadOnlyMemory<byte> reply)
    {
        try
        {
            using var json = JsonDocument.Parse(reply);
            var isObject = json.RootElement.ValueKind == JsonValueKind.Object;
            return isObject && (json.RootElement.TryGetProperty("error", out var said) || json.RootElement.TryGetProperty("detail", out said)) ? said.ToString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The content of a message: a text as it is, binary as its bytes, JSON as JSON.</summary>
    public static ReadOnlyMemory<byte> ValueOf(ReadOnlyMemory<byte> message)
    {
        using var json = JsonDocument.Parse(message);
        if (!json.RootElement.TryGetProperty("value", out var value)) return message;
        if (json.RootElement.TryGetProperty("encoding", out _)) return value.GetBytesFromBase64();
        return Encoding.UTF8.GetBytes(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());
    }
}
