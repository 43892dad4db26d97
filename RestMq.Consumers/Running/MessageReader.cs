using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RestMq.Wire;

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
            if (JsonBody.Read(message.Body, typeInfo) is { } value) return value;
            // Whoever wants texts gets that of these four letters.
            return typeof(TMessage) == typeof(string) ? (TMessage)(object)ReadText(message) : throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            throw new PoisonMessageException($"not a JSON {typeof(TMessage).Name}: {e.Message}", e);
        }
    };

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
