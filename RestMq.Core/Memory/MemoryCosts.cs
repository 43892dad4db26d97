using System.Runtime.InteropServices;

namespace RestMq.Memory;

/// <summary>
/// Estimates how many bytes of the process an entry of the memory store takes, with its objects and its places in
/// collections. The estimates are slightly high, so that the process has the memory that the count says.
/// </summary>
internal static class MemoryCosts
{
    /// <summary>The bytes of a queue without messages: its object and its collections.</summary>
    public const long Queue = 1800;

    /// <summary>The bytes of the counters of a dropped queue.</summary>
    public const long Counters = 200;

    // The message, its entry in a hash table that is half full, and its nodes in up to two sorted sets.
    private const long Message = 400;

    // The object of a message in the history, and its entry.
    private const long Logged = 320;

    private const long IdempotencyKey = 160;

    // The headers of an array and of a string, with rounding.
    private const long Header = 32;

    /// <summary>Returns the bytes of a name or another text.</summary>
    public static long Of(string? text) => text is null ? 0 : Header + (2L * text.Length);

    /// <summary>Returns the bytes of an idempotency key that is remembered.</summary>
    public static long OfIdempotencyKey(string key) => IdempotencyKey + Of(key);

    /// <summary>Returns the bytes of a message that is added.</summary>
    public static long Of(in NewMessage message) =>
        Message + Header + message.Body.Bytes.Length + Of(message.Body.ContentType) + Of(message.TraceParent) + Of(message.TraceState);

    /// <summary>Returns the bytes of a message in the history.</summary>
    public static long OfLogged(QueueMessage message) =>
        Logged + Header + message.Body.Bytes.Length + Of(message.Body.ContentType) + Of(message.TraceParent) + Of(message.TraceState);

    /// <summary>
    /// Returns the message with a body of its own if its bytes are a small part of a larger array, such as a field of a
    /// form. Otherwise the whole array would stay in memory for the message.
    /// </summary>
    public static NewMessage WithOwnBody(in NewMessage message)
    {
        var bytes = message.Body.Bytes;
        if (!MemoryMarshal.TryGetArray(bytes, out var array) || array.Array!.Length - bytes.Length <= Header + (bytes.Length / 8)) return message;
        return message with { Body = MessageBody.Stored(message.Body.Kind, bytes.ToArray(), message.Body.ContentType) };
    }
}
