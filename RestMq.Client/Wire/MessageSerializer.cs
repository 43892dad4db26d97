using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RestMq.Wire;

namespace RestMq.Client.Wire;

/// <summary>Writes messages as request bodies, and reads them from replies: texts and bytes as they are, the rest as JSON.</summary>
internal sealed class MessageSerializer
{
    public const string Json = "application/json";

    private readonly JsonSerializerOptions _options;

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Only where reflection is on, which it is not in a trimmed application.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "As above.")]
    public MessageSerializer(JsonSerializerOptions options)
    {
        _options = options;
        if (JsonSerializer.IsReflectionEnabledByDefault) options.MakeReadOnly(populateMissingResolver: true);
    }

    /// <summary>How a <typeparamref name="T"/> is read and written; null for texts and bytes, which are as they are.</summary>
    /// <exception cref="NotSupportedException">The options know no <typeparamref name="T"/>.</exception>
    public JsonTypeInfo<T>? TypeInfo<T>() =>
        IsTextOrBytes<T>() ? null : (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T));

    /// <summary>A message as a request's body.</summary>
    public HttpContent Content<T>(T message, string? contentType) => message switch
    {
        // As a form, a text needs no content type of its own.
        string text when contentType is null => Form(Address.Fields(("value", text))),
        string text => Typed(Encoding.UTF8.GetBytes(text), contentType),
        byte[] bytes => Typed(bytes, contentType),
        ReadOnlyMemory<byte> bytes => Typed(bytes, contentType),
        _ => Typed(TypeInfo<T>() is { } typeInfo ? JsonSerializer.SerializeToUtf8Bytes(message, typeInfo) : "null"u8.ToArray(), contentType ?? Json),
    };

    /// <summary>Messages as lines of JSON.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="typeInfo">How they are written; null for texts.</param>
    public static ReadOnlyMemory<byte> Lines<T>(IEnumerable<T> messages, JsonTypeInfo<T>? typeInfo)
    {
        if (typeInfo is null && typeof(T) != typeof(string))
            throw new NotSupportedException("Several messages go as lines of JSON, which cannot hold bytes as they are: add them one by one.");
        var lines = new ArrayBufferWriter<byte>(1024);
        // Never indented: a line break would end the message.
        var form = new JsonWriterOptions { Encoder = typeInfo?.Options.Encoder ?? JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
        using var writer = new Utf8JsonWriter(lines, form);
        foreach (var message in messages)
        {
            if (typeInfo is null) writer.WriteStringValue(message as string);
            else JsonSerializer.Serialize(writer, message, typeInfo);
            writer.Flush();
            writer.Reset();
            lines.Write("\n"u8);
        }
        return lines.WrittenMemory;
    }

    /// <summary>A message as <typeparamref name="T"/>.</summary>
    /// <param name="message">The message.</param>
    /// <param name="typeInfo">How it is read; null for texts and bytes.</param>
    /// <exception cref="JsonException">It is no <typeparamref name="T"/>.</exception>
    public static T? Read<T>(WireMessage message, JsonTypeInfo<T>? typeInfo)
    {
        var body = message.Body;
        // To JSON a text or bytes are a string whatever it looks like: null, a number, or with quotes of its own.
        if (typeInfo is not null) return message.IsText && IsTextOrBytes<T>() ? JsonBody.ReadText(body, typeInfo) : JsonBody.Read(body, typeInfo);
        if (typeof(T) == typeof(string)) return (T)(object)Encoding.UTF8.GetString(body.Span);
        return typeof(T) == typeof(byte[]) ? (T)(object)body.ToArray() : (T)(object)body;
    }

    /// <summary>Fields as a form.</summary>
    public static HttpContent Form(string fields) => Typed(Encoding.ASCII.GetBytes(fields), "application/x-www-form-urlencoded");

    /// <summary>A body with a content type as it was given, which the host judges.</summary>
    public static HttpContent Typed(ReadOnlyMemory<byte> bytes, string? contentType) => Typed(new ReadOnlyMemoryContent(bytes), contentType);

    public static HttpContent Typed(HttpContent content, string? contentType)
    {
        if (contentType is not null && !content.Headers.TryAddWithoutValidation("Content-Type", contentType))
            throw new ArgumentException($"This is no content type: {contentType}", nameof(contentType));
        return content;
    }
    private static bool IsTextOrBytes<T>() => typeof(T) == typeof(string) || typeof(T) == typeof(byte[]) || typeof(T) == typeof(ReadOnlyMemory<byte>);
}
