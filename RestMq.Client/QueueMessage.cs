using System.Text.Json.Serialization.Metadata;
using RestMq.Client.Wire;

namespace RestMq.Client;

/// <summary>
/// A message as a consumer gets it. It is read as <typeparamref name="T"/> when <see cref="Value"/> is asked for, so that one that cannot be
/// read is not lost: its bytes are here.
/// </summary>
/// <typeparam name="T">What it is read as.</typeparam>
public class QueueMessage<T>
{
    private readonly JsonTypeInfo<T>? _typeInfo;
    private T? _value;
    private bool _read;

    /// <summary>A message for tests of code that consumes messages.</summary>
    /// <param name="key">Its key, such as <c>orders:12</c>.</param>
    /// <param name="value">Its value.</param>
    /// <param name="count">How many times it has been handed out.</param>
    public QueueMessage(string key, T value, long count = 1)
    {
        Wire = new WireMessage { Key = key, Count = count, Body = value is ReadOnlyMemory<byte> bytes ? bytes : default };
        _value = value;
        _read = true;
    }

    internal QueueMessage(WireMessage wire, JsonTypeInfo<T>? typeInfo) => (Wire, _typeInfo) = (wire, typeInfo);

    /// <summary>Its key, such as <c>orders:12</c>.</summary>
    public string Key => Wire.Key;

    /// <summary>The queue it came from.</summary>
    public string Queue => Key[..Math.Max(Key.LastIndexOf(':'), 0)];

    /// <summary>How many times it has been handed out, this time included.</summary>
    public long Count => Wire.Count;

    /// <summary>Its bytes: the text in UTF-8, the JSON, or what was sent. A JSON string is a text.</summary>
    public ReadOnlyMemory<byte> Body => Wire.Body;

    /// <summary>The content type it was sent with; null for a plain text, plain JSON, and bytes without one.</summary>
    public string? ContentType => Wire.ContentType;

    /// <summary>The W3C trace context of its producer; null when there is none.</summary>
    public string? TraceParent => Wire.TraceParent;

    /// <summary>The W3C <c>tracestate</c> that came with it; null when there was none.</summary>
    public string? TraceState => Wire.TraceState;

    /// <summary>Its place in the history of a broadcast queue, to resume after; null when it did not come by a live stream of one.</summary>
    public long? EventId => Wire.EventId;

    /// <summary>How many messages before it a live consumer has missed, because they are gone from the history; 0 as a rule.</summary>
    public long Missed => Wire.Missed;

    /// <summary>The message; null when it is the JSON null.</summary>
    /// <exception cref="System.Text.Json.JsonException">It is no <typeparamref name="T"/>.</exception>
    public T Value
    {
        get
        {
            if (!_read) (_value, _read) = (MessageSerializer.Read(Wire, _typeInfo), true);
            return _value!;
        }
    }

    internal WireMessage Wire { get; }
}

/// <summary>A message looked at where it is, unchanged.</summary>
/// <typeparam name="T">What it is read as.</typeparam>
public sealed class PeekedMessage<T> : QueueMessage<T>
{
    internal PeekedMessage(WireMessage wire, JsonTypeInfo<T>? typeInfo) : base(wire, typeInfo)
    {
    }

    /// <summary>The place it is in.</summary>
    public MessagePlace Place => Wire.Place;

    /// <summary>When it was added, by the store's clock.</summary>
    public DateTimeOffset Added => Wire.Added;

    /// <summary>When a delay or a lease ends; null in the other places.</summary>
    public DateTimeOffset? Due => Wire.Due;

    /// <summary>Why it was buried; null in the other places.</summary>
    public string? Reason => Wire.Reason;
}

/// <summary>The place a message is in; it is in exactly one.</summary>
public enum MessagePlace
{
    /// <summary>Waiting to be taken.</summary>
    Ready,

    /// <summary>Handed out, and to be settled.</summary>
    Leased,

    /// <summary>Out of sight until it is due.</summary>
    Delayed,

    /// <summary>Buried: a dead letter.</summary>
    Dead,
}
