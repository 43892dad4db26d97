using System.Text.Json.Serialization.Metadata;
using RestMq.Client.Wire;

namespace RestMq.Client;

/// <summary>Holds a message that was peeked at. It stays in its queue, unchanged.</summary>
/// <typeparam name="T">The type that the message is read as.</typeparam>
public sealed class PeekedMessage<T> : QueueMessage<T>
{
    /// <summary>Creates a message for tests of code that peeks at messages.</summary>
    /// <param name="key">The key, such as <c>MessageKey.Parse("orders:12")</c>.</param>
    /// <param name="value">The value of the message.</param>
    /// <param name="state">The state of the message.</param>
    /// <param name="deliveryCount">The delivery count.</param>
    public PeekedMessage(MessageKey key, T value, MessageState state = MessageState.Ready, long deliveryCount = 0)
        : base(key, value, deliveryCount) => Wire = Wire with { State = state };

    internal PeekedMessage(WireMessage wire, JsonTypeInfo<T>? typeInfo) : base(wire, typeInfo)
    {
    }

    /// <summary>Gets the state of the message.</summary>
    public MessageState State => Wire.State;

    /// <summary>Gets when the delay or the lease ends. Null in the other states.</summary>
    public DateTimeOffset? Due { get => Wire.Due; init => Wire = Wire with { Due = value }; }

    /// <summary>Gets why the message was buried. Null in the other states.</summary>
    public string? Reason { get => Wire.Reason; init => Wire = Wire with { Reason = value }; }
}
