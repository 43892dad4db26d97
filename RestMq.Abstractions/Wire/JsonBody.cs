using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RestMq.Wire;

/// <summary>
/// Reads a body as a value. A body that is JSON is read as
/// JSON, whether it was sent as JSON or as text. Any other body is read as the content of a JSON string, because a JSON
/// string arrives over HTTP as plain text: a date, a <see cref="Guid"/>, the name of an enum value.
/// </summary>
internal static class JsonBody
{
    /// <summary>
    /// Reads the body as JSON. If that fails and <typeparamref name="T"/> may be a JSON string, reads the body as the
    /// content of a JSON string.
    /// </summary>
    /// <exception cref="JsonException">
    /// The body cannot be read as <typeparamref name="T"/>. The exception is the one of the first attempt.
    /// </exception>
    public static T? Read<T>(ReadOnlyMemory<byte> body, JsonTypeInfo<T> typeInfo)
    {
        try
        {
            return Deserialize(body.Span, typeInfo);
        }
        // The kind None excludes objects, lists and dictionaries, which are never JSON strings.
        catch (JsonException) when (typeInfo.Kind == JsonTypeInfoKind.None && TryReadText(body, typeInfo, out var value))
        {
            return value;
        }
    }

    /// <summary>Reads the body as the content of a JSON string.</summary>
    /// <exception cref="JsonException">The body cannot be read as <typeparamref name="T"/>.</exception>
    public static T? ReadText<T>(ReadOnlyMemory<byte> text, JsonTypeInfo<T> typeInfo) =>
        Deserialize(Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(text.Span)}\""), typeInfo);

    // A constructor, a property or a converter of the application may refuse a value by any exception. The message is
    // unreadable then, as with a wrong token. The two exceptions that pass report a type that can never be read.
    private static T? Deserialize<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> typeInfo)
    {
        try
        {
            return JsonSerializer.Deserialize(json, typeInfo);
        }
        catch (Exception e) when (e is not (JsonException or NotSupportedException or InvalidOperationException or OutOfMemoryException))
        {
            throw new JsonException(e.Message, e);
        }
    }

    private static bool TryReadText<T>(ReadOnlyMemory<byte> text, JsonTypeInfo<T> typeInfo, out T? value)
    {
        try
        {
            value = ReadText(text, typeInfo);
            return true;
        }
        // JsonEncodedText throws an ArgumentException when the body is not UTF-8.
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            value = default;
            return false;
        }
    }
}
