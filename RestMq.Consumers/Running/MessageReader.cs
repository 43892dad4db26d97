using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RestMq.Running;

/// <summary>
/// Makes messages of bytes. A body that is none of its type never will be, so it is poison; what else goes wrong here (a type that cannot be read
/// at all) is a mistake of the application, and a failure like any other.
/// </summary>
internal static class MessageReader
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static Func<SourceMessage, TMessage> For<TMessage>(JsonSerializerOptions? options)
    {
        if (typeof(TMessage) == typeof(string)) return static message => (TMessage)(object)ReadText(message);
        if (typeof(TMessage) == typeof(byte[])) return static message => (TMessage)(object)message.Body.ToArray();
        if (typeof(TMessage) == typeof(ReadOnlyMemory<byte>)) return static message => (TMessage)(object)message.Body;
        return For((JsonTypeInfo<TMessage>)Resolving(options, typeof(TMessage)).GetTypeInfo(typeof(TMessage)));
    }

    public static Func<SourceMessage, TMessage> For<TMessage>(JsonTypeInfo<TMessage> typeInfo) => message =>
    {
        try
        {
            return JsonSerializer.Deserialize(message.Body.Span, typeInfo) ?? throw new JsonException("It is null.");
        }
        // It may be a text, or a JSON string that came as one, over HTTP: a date, a Guid, a word of an enum.
        catch (JsonException) when (typeInfo.Kind == JsonTypeInfoKind.None && TryReadText(message, typeInfo, out var value))
        {
            return value;
        }
        catch (JsonException e)
        {
            throw new PoisonMessageException($"not a JSON {typeof(TMessage).Name}: {e.Message}", e);
        }
    };

    private static bool TryReadText<TMessage>(SourceMessage message, JsonTypeInfo<TMessage> typeInfo, [NotNullWhen(true)] out TMessage? value)
    {
        try
        {
            value = JsonSerializer.Deserialize($"\"{JsonEncodedText.Encode(message.Body.Span)}\"", typeInfo);
            return value is not null;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            value = default;
            return false;
        }
    }

    private static string ReadText(SourceMessage message)
    {
        try
        {
            return Strict.GetString(message.Body.Span);
        }
        catch (DecoderFallbackException e)
        {
            throw new PoisonMessageException("not a text in UTF-8", e);
        }
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Only where reflection is on, which it is not in a trimmed application.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "As above.")]
    private static JsonSerializerOptions Resolving(JsonSerializerOptions? options, Type type)
    {
        if (JsonSerializer.IsReflectionEnabledByDefault)
        {
            options ??= JsonSerializerOptions.Web;
            options.MakeReadOnly(populateMissingResolver: true);
        }
        return options?.TypeInfoResolver is null
            ? throw new InvalidOperationException($"Nothing says how to read {type} without reflection: give AddRestMqConsumer a JsonTypeInfo.")
            : options;
    }
}
