using System.Text.Json;

namespace RestMq.Client;

/// <summary>
/// Reports that one message cannot be read as the type that was asked for. The exception has the bytes of the message.
/// The messages that came with it are not affected.
/// </summary>
public sealed class UnreadableMessageException : JsonException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="key">The key of the message.</param>
    /// <param name="body">The bytes of the message.</param>
    /// <param name="contentType">The content type of the message.</param>
    /// <param name="type">The type that the message was to be read as.</param>
    /// <param name="inner">Why the message cannot be read.</param>
    public UnreadableMessageException(MessageKey key, ReadOnlyMemory<byte> body, string? contentType, Type type, Exception? inner = null)
        : base($"The message {key} must be a {type?.Name}, but cannot be read as one: {inner?.Message}", inner) =>
        (Key, Body, ContentType) = (key, body, contentType);

    /// <summary>Gets the key of the message, such as <c>orders:12</c>.</summary>
    public MessageKey Key { get; }

    /// <summary>Gets the bytes of the message, as <see cref="QueueMessage{T}.Body"/> has them.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Gets the content type that the message was sent with. Null when it has none.</summary>
    public string? ContentType { get; }
}
