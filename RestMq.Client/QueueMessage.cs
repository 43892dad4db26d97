using System.Text.Json.Serialization.Metadata;
using RestMq.Client.Wire;

namespace RestMq.Client;

/// <summary>
/// Holds a message that a consumer received. <see cref="Value"/> is read as <typeparamref name="T"/> on first access. A
/// message that cannot be read is not lost: <see cref="Body"/> holds its bytes.
/// </summary>
/// <typeparam name="T">The type that the message is read as.</typeparam>
public class QueueMessage<T>
{
    private readonly JsonTypeInfo<T>? _typeInfo;
    private T? _value;
    private bool _read;

    /// <summary>Creates a message for tests of code that consumes messages.</summary>
    /// <param name="key">The key, such as <c>orders:12</c>.</param>
    /// <param name="value">The value of the message.</param>
    /// <param name="count">The delivery count.</param>
    public QueueMessage(string key, T value, long count = 1)
    {
        Wire = new WireMessage { Key = key, Count = count, Body = value is ReadOnlyMemory<byte> bytes ? bytes : default };
        _value = value;
        _read = true;
    }

    internal QueueMessage(WireMessage wire, JsonTypeInfo<T>? typeInfo) => (Wire, _typeInfo) = (wire, typeInfo);

    /// <summary>Gets the key of the message, such as <c>orders:12</c>.</summary>
    public string Key => Wire.Key;

    /// <summary>Gets the queue of the message.</summary>
    public string Queue => Key[..Math.Max(Key.LastIndexOf(':'), 0)];

    /// <summary>Gets the delivery count: how many deliveries the message has had, this one included.</summary>
    public long DeliveryCount => Wire.Count;

    /// <summary>
    /// Gets the bytes of the message: a text in UTF-8, JSON, or the bytes that were sent. A JSON string is returned as
    /// a text, without quotes and escapes.
    /// </summary>
    public ReadOnlyMemory<byte> Body => Wire.Body;

    /// <summary>
    /// Gets the content type that the message was sent with. Null for plain text, plain JSON, and bytes that were sent
    /// without a content type.
    /// </summary>
    public string? ContentType => Wire.ContentType;

    /// <summary>Gets the W3C <c>traceparent</c> of the producer. Null when it sent none.</summary>
    public string? TraceParent => Wire.TraceParent;

    /// <summary>Gets the W3C <c>tracestate</c> of the producer. Null when it sent none.</summary>
    public string? TraceState => Wire.TraceState;

    /// <summary>
    /// Gets the position of the message in the history of a broadcast queue. A stream can resume after it (see
    /// <see cref="ConsumeOptions.ResumeAfter"/>). Null when the message did not come from a live stream of a broadcast
    /// queue.
    /// </summary>
    public long? EventId => Wire.EventId;

    /// <summary>
    /// Gets how many messages the live consumer missed before this message, because the history no longer holds them.
    /// Usually 0.
    /// </summary>
    public long Missed => Wire.Missed;

    /// <summary>Gets the value of the message. Null when the message is the JSON <c>null</c>.</summary>
    /// <exception cref="System.Text.Json.JsonException">
    /// The message cannot be read as <typeparamref name="T"/>.
    /// </exception>
    public T Value
    {
        get
        {
            if (!_read) (_value, _read) = (MessageSerializer.Read(Wire, _typeInfo), true);
            return _value!;
        }
    }

    internal WireMessage Wire { get; private protected init; }
}

/// <summary>Holds a message that was peeked at. It stays in its queue, unchanged.</summary>
/// <typeparam name="T">The type that the message is read as.</typeparam>
public sealed class PeekedMessage<T> : QueueMessage<T>
{
    /// <summary>Creates a message for tests of code that peeks at messages.</summary>
    /// <param name="key">The key, such as <c>orders:12</c>.</param>
    /// <param name="value">The value of the message.</param>
    /// <param name="state">The state of the message.</param>
    /// <param name="count">The delivery count.</param>
    /// <param name="added">When the message was added.</param>
    /// <param name="due">When the delay or the lease ends.</param>
    /// <param name="reason">Why the message was buried.</param>
    public PeekedMessage(
        string key, T value, MessageState state = MessageState.Ready, long count = 0, DateTimeOffset added = default, DateTimeOffset? due = null,
        string? reason = null) : base(key, value, count) =>
        Wire = Wire with { State = state, Added = added, Due = due, Reason = reason };

    internal PeekedMessage(WireMessage wire, JsonTypeInfo<T>? typeInfo) : base(wire, typeInfo)
    {
    }

    /// <summary>Gets the state of the message.</summary>
    public MessageState State => Wire.State;

    /// <summary>Gets when the message was added, by the store's clock.</summary>
    public DateTimeOffset Added => Wire.Added;

    /// <summary>Gets when the delay or the lease ends. Null in the other states.</summary>
    public DateTimeOffset? Due => Wire.Due;

    /// <summary>Gets why the message was buried. Null in the other states.</summary>
    public string? Reason => Wire.Reason;
}
