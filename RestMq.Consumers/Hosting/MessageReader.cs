using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RestMq.Wire;

namespace RestMq.Hosting;

/// <summary>
/// Reads bodies as messages. A body that cannot be read as its type can never be read, so the message is poison. Other
/// failures here, such as a type without a JSON contract, are mistakes of the application and are retried like any
/// failure.
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
            // The body is `null`. For a string it is the text of these four letters.
            return typeof(TMessage) == typeof(string)
                ? (TMessage)(object)ReadText(message)
                : throw new JsonException("The value must not be null.");
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

    [UnconditionalSuppressMessage(
        "Trimming", "IL2026", Justification = "Runs only with reflection, which a trimmed application turns off.")]
    [UnconditionalSuppressMessage(
        "AOT", "IL3050", Justification = "Runs only with reflection, which an AOT application turns off.")]
    private static JsonSerializerOptions Resolving(JsonSerializerOptions? options, Type type)
    {
        if (JsonSerializer.IsReflectionEnabledByDefault)
        {
            options ??= JsonSerializerOptions.Web;
            options.MakeReadOnly(populateMissingResolver: true);
        }
        return options?.TypeInfoResolver is null
            ? throw new InvalidOperationException(
                $"Without reflection, {type} must have a JsonTypeInfo, but has none. Pass one to AddRestMqConsumer.")
            : options;
    }
}
