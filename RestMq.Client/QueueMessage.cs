using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RestMq.Client.Wire;

namespace RestMq.Client;

/// <summary>
/// Holds a message that a consumer received. <see cref="Value"/> is read as <typeparamref name="T"/> on first access. A
/// message that cannot be read is not lost, and neither are those that came with it: <see cref="Body"/> holds its bytes.
/// </summary>
/// <typeparam name="T">The type that the message is read as.</typeparam>
public class QueueMessage<T>
{
    private readonly JsonTypeInfo<T>? _typeInfo;
    private T? _value;
    private bool _read;

    /// <summary>Creates a message for tests of code that consumes messages.</summary>
    /// <param name="key">The key, such as <c>MessageKey.Parse("orders:12")</c>.</param>
    /// <param name="value">The value of the message. Texts and bytes are the <see cref="Body"/> too.</param>
    /// <param name="deliveryCount">The delivery count.</param>
    public QueueMessage(MessageKey key, T value, long deliveryCount = 1)
    {
        Wire = new WireMessage { Key = key, Count = deliveryCount, Body = BodyOf(value) };
        _value = value;
        _read = true;
    }

    internal QueueMessage(WireMessage wire, JsonTypeInfo<T>? typeInfo) => (Wire, _typeInfo) = (wire, typeInfo);

    /// <summary>Gets the key of the message, such as <c>orders:12</c>.</summary>
    public MessageKey Key => Wire.Key;

    /// <summary>Gets the queue of the message.</summary>
    public QueueName Queue => Wire.Key.Queue;

    /// <summary>Gets the delivery count: how many deliveries the message has had, this one included.</summary>
    public long DeliveryCount => Wire.Count;

    /// <summary>Gets when the message was added, by the store's clock. Null when the host does not say.</summary>
    public DateTimeOffset? Added { get => Wire.Added; init => Wire = Wire with { Added = value }; }

    /// <summary>
    /// Gets the bytes of the message: a text in UTF-8, JSON, or the bytes that were sent. A JSON string is returned as
    /// a text, without quotes and escapes. A JSON string that is no text, because it has half of a surrogate pair, is
    /// returned as JSON.
    /// </summary>
    public ReadOnlyMemory<byte> Body { get => Wire.Body; init => Wire = Wire with { Body = value }; }

    /// <summary>
    /// Gets the content type that the message was sent with. Null for plain text, plain JSON, and bytes that were sent
    /// without a content type.
    /// </summary>
    public string? ContentType { get => Wire.ContentType; init => Wire = Wire with { ContentType = value }; }

    /// <summary>Gets the W3C <c>traceparent</c> of the producer. Null when it sent none.</summary>
    public string? TraceParent { get => Wire.TraceParent; init => Wire = Wire with { TraceParent = value }; }

    /// <summary>Gets the W3C <c>tracestate</c> of the producer. Null when it sent none.</summary>
    public string? TraceState { get => Wire.TraceState; init => Wire = Wire with { TraceState = value }; }

    /// <summary>
    /// Gets the position of the message in the history of a broadcast queue. A stream can resume after it (see
    /// <see cref="ConsumeOptions.ResumeAfter"/>). Null when the message did not come from a live stream of a broadcast
    /// queue.
    /// </summary>
    public long? EventId { get => Wire.EventId; init => Wire = Wire with { EventId = value }; }

    /// <summary>
    /// Gets how many messages the live consumer missed before this message, because the history no longer holds them.
    /// Usually 0.
    /// </summary>
    public long Missed { get => Wire.Missed; init => Wire = Wire with { Missed = value }; }

    /// <summary>Gets the value of the message. Null when the message is the JSON <c>null</c>.</summary>
    /// <exception cref="UnreadableMessageException">
    /// The message cannot be read as <typeparamref name="T"/>. The exception has its bytes, and is a
    /// <see cref="JsonException"/>.
    /// </exception>
    public T Value
    {
        get
        {
            if (_read) return _value!;
            try
            {
                _value = MessageSerializer.Read(Wire, _typeInfo);
            }
            catch (JsonException e)
            {
                throw Unreadable = new UnreadableMessageException(Key, Body, ContentType, typeof(T), e);
            }
            _read = true;
            return _value!;
        }
    }

    internal WireMessage Wire { get; private protected init; }

    /// <summary>Gets the failure of <see cref="Value"/>. Null when the value was not asked for, or could be read.</summary>
    private protected UnreadableMessageException? Unreadable { get; private set; }

    /// <summary>Gets the value of the message, unless it cannot be read as <typeparamref name="T"/>.</summary>
    /// <param name="value">The value.</param>
    /// <returns>Whether the message could be read.</returns>
    public bool TryGetValue([MaybeNullWhen(false)] out T value)
    {
        try
        {
            value = Value;
            return true;
        }
        catch (UnreadableMessageException)
        {
            value = default;
            return false;
        }
    }

    private static ReadOnlyMemory<byte> BodyOf(T value) => value switch
    {
        ReadOnlyMemory<byte> bytes => bytes,
        byte[] bytes => bytes,
        string text => Encoding.UTF8.GetBytes(text),
        _ => default,
    };
}
