using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RestMq.Wire;

namespace RestMq.Client.Wire;

/// <summary>
/// Writes messages to request bodies and reads them from replies. Texts and bytes are sent unchanged, other types as
/// JSON.
/// </summary>
internal sealed class MessageSerializer
{
    public const string Json = "application/json";

    private readonly JsonSerializerOptions _options;

    [UnconditionalSuppressMessage(
        "Trimming", "IL2026", Justification = "Runs only with reflection, which a trimmed application turns off.")]
    [UnconditionalSuppressMessage(
        "AOT", "IL3050", Justification = "Runs only with reflection, which an AOT application turns off.")]
    public MessageSerializer(JsonSerializerOptions options)
    {
        _options = options;
        if (JsonSerializer.IsReflectionEnabledByDefault) options.MakeReadOnly(populateMissingResolver: true);
    }

    /// <summary>
    /// Returns how a <typeparamref name="T"/> is read and written as JSON. Returns null for texts and bytes, which are
    /// sent unchanged.
    /// </summary>
    /// <exception cref="NotSupportedException">The options have no contract for <typeparamref name="T"/>.</exception>
    public JsonTypeInfo<T>? TypeInfo<T>() =>
        IsTextOrBytes<T>() ? null : (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T));

    /// <summary>Returns a message as the body of a request.</summary>
    public HttpContent Content<T>(T message, string? contentType) => message switch
    {
        // A text without a content type is sent as a form field. So the message has no content type either.
        string text when contentType is null => Form(Address.Fields(("value", text))),
        string text => Typed(Encoding.UTF8.GetBytes(text), contentType),
        byte[] bytes => Bytes(bytes, contentType),
        ReadOnlyMemory<byte> bytes => Bytes(bytes, contentType),
        _ => Typed(TypeInfo<T>() is { } typeInfo ? JsonSerializer.SerializeToUtf8Bytes(message, typeInfo) : "null"u8.ToArray(), contentType ?? Json),
    };

    /// <summary>Reads a message as <typeparamref name="T"/>.</summary>
    /// <param name="message">The message.</param>
    /// <param name="typeInfo">How the message is read. Null for texts and bytes.</param>
    /// <exception cref="JsonException">The message cannot be read as <typeparamref name="T"/>.</exception>
    public static T? Read<T>(WireMessage message, JsonTypeInfo<T>? typeInfo)
    {
        var body = message.Body;
        if (message.IsBrokenText && typeof(T) == typeof(string))
            throw new JsonException("The value is a JSON string with half of a surrogate pair, which is no text.");
        // A text that is read as a string or bytes is never parsed as JSON, even if it looks like JSON: `null`, `12` or
        // `"quoted"`.
        if (typeInfo is not null)
        {
            return message.IsText && IsTextOrBytes<T>()
                ? JsonBody.ReadText(body, typeInfo)
                : JsonBody.Read(body, typeInfo);
        }
        if (typeof(T) == typeof(string)) return (T)(object)Encoding.UTF8.GetString(body.Span);
        return typeof(T) == typeof(byte[]) ? (T)(object)body.ToArray() : (T)(object)body;
    }

    /// <summary>Returns encoded fields as a form.</summary>
    public static HttpContent Form(string fields) => Typed(Encoding.ASCII.GetBytes(fields), "application/x-www-form-urlencoded");

    /// <summary>Returns a body with the given content type. The host validates the content type.</summary>
    public static HttpContent Typed(ReadOnlyMemory<byte> bytes, string? contentType) => Typed(new ReadOnlyMemoryContent(bytes), contentType);

    // A body without bytes is a message only if it has a content type.
    private static HttpContent Bytes(ReadOnlyMemory<byte> bytes, string? contentType) =>
        Typed(bytes, contentType ?? (bytes.IsEmpty ? "application/octet-stream" : null));

    public static HttpContent Typed(HttpContent content, string? contentType)
    {
        if (contentType is null) return content;
        if (!HeaderValue.CanBe(HeaderValue.Checked(contentType, nameof(contentType)))
            || !content.Headers.TryAddWithoutValidation("Content-Type", contentType))
        {
            throw new ArgumentException(
                $"The content type must be a valid header value, but was '{contentType}'.", nameof(contentType));
        }
        return content;
    }

    private static bool IsTextOrBytes<T>() => typeof(T) == typeof(string) || typeof(T) == typeof(byte[]) || typeof(T) == typeof(ReadOnlyMemory<byte>);
}
