using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RestMq.Client.Wire;

/// <summary>Writes messages as request bodies, and reads them from replies: texts and bytes as they are, the rest as JSON.</summary>
internal sealed class MessageSerializer(JsonSerializerOptions options)
{
    // Never indented: a line break would end the message.
    private readonly JsonWriterOptions _lines = new() { Encoder = options.Encoder ?? JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A message as a request's body.</summary>
    public HttpContent Content<T>(T message, string? contentType)
    {
        switch (message)
        {
            case string text when contentType is null:
                // As a form, a text needs no content type of its own.
                return Typed(Encoding.ASCII.GetBytes("value=" + Uri.EscapeDataString(text)), "application/x-www-form-urlencoded");
            case string text:
                return Typed(Encoding.UTF8.GetBytes(text), contentType);
            case byte[] bytes:
                return Typed(bytes, contentType);
            case ReadOnlyMemory<byte> bytes:
                return Typed(bytes, contentType);
            default:
                return Typed(JsonSerializer.SerializeToUtf8Bytes(message, Info<T>()), contentType ?? "application/json");
        }
    }

    /// <summary>Messages as lines of JSON.</summary>
    public ReadOnlyMemory<byte> Lines<T>(IEnumerable<T> messages)
    {
        if (typeof(T) == typeof(byte[]) || typeof(T) == typeof(ReadOnlyMemory<byte>))
            throw new NotSupportedException("Several messages go as lines of JSON, which cannot hold bytes as they are: add them one by one.");
        var lines = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(lines, _lines);
        foreach (var message in messages)
        {
            if (message is string text) writer.WriteStringValue(text);
            else JsonSerializer.Serialize(writer, message, Info<T>());
            writer.Flush();
            writer.Reset();
            lines.Write("\n"u8);
        }
        return lines.WrittenMemory;
    }

    /// <summary>
    /// A message as <typeparamref name="T"/>. A text that is asked for as an object is JSON that was sent as a text, as
    /// <c>curl -d 'value={…}'</c> does.
    /// </summary>
    public T? Read<T>(WireMessage message)
    {
        if (typeof(T) == typeof(string)) return (T)(object)Encoding.UTF8.GetString(message.Body.Span);
        if (typeof(T) == typeof(byte[])) return (T)(object)message.Body.ToArray();
        if (typeof(T) == typeof(ReadOnlyMemory<byte>)) return (T)(object)message.Body;
        var info = Info<T>();
        var isString = message.IsText && info.Kind == JsonTypeInfoKind.None;
        return JsonSerializer.Deserialize(isString ? Quoted(message.Body.Span) : message.Body.Span, info);
    }

    /// <summary>A body with a content type as it was given, which the host judges.</summary>
    public static HttpContent Typed(ReadOnlyMemory<byte> bytes, string? contentType) => Typed(new ReadOnlyMemoryContent(bytes), contentType);

    public static HttpContent Typed(HttpContent content, string? contentType)
    {
        if (contentType is not null && !content.Headers.TryAddWithoutValidation("Content-Type", contentType))
            throw new ArgumentException($"This is no content type: {contentType}", nameof(contentType));
        return content;
    }

    private JsonTypeInfo<T> Info<T>() => (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));

    private static ReadOnlySpan<byte> Quoted(ReadOnlySpan<byte> text)
    {
        var json = new ArrayBufferWriter<byte>(text.Length + 2);
        using var writer = new Utf8JsonWriter(json);
        writer.WriteStringValue(text);
        writer.Flush();
        return json.WrittenSpan;
    }
}
