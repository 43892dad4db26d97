using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RestMq.Wire;

/// <summary>
/// How a body becomes a value, by the client as by a hosted consumer: this file is compiled into both. JSON is JSON, whether it was sent as that or
/// as a text. What is none may be a text, or a JSON string that came as one over HTTP: a date, a Guid, a word of an enum.
/// </summary>
internal static class JsonBody
{
    /// <summary>As JSON; else, where a string may be one, as what stands in a JSON string.</summary>
    /// <exception cref="JsonException">It is no <typeparamref name="T"/>; of both reasons this is the first.</exception>
    public static T? Read<T>(ReadOnlyMemory<byte> body, JsonTypeInfo<T> typeInfo)
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, typeInfo);
        }
        // Objects and lists are never strings.
        catch (JsonException) when (typeInfo.Kind == JsonTypeInfoKind.None && TryReadText(body, typeInfo, out var value))
        {
            return value;
        }
    }

    /// <summary>As what stands in a JSON string.</summary>
    /// <exception cref="JsonException">It is no <typeparamref name="T"/>.</exception>
    public static T? ReadText<T>(ReadOnlyMemory<byte> text, JsonTypeInfo<T> typeInfo) =>
        JsonSerializer.Deserialize($"\"{JsonEncodedText.Encode(text.Span)}\"", typeInfo);

    private static bool TryReadText<T>(ReadOnlyMemory<byte> text, JsonTypeInfo<T> typeInfo, out T? value)
    {
        try
        {
            value = ReadText(text, typeInfo);
            return true;
        }
        // An ArgumentException where it is not UTF-8.
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            value = default;
            return false;
        }
    }
}
