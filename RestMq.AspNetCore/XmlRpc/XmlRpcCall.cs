namespace RestMq.XmlRpc;

/// <summary>
/// Holds a parsed call. Each parameter is read as a message body: a string as text, base64 as binary, other types as
/// JSON.
/// </summary>
internal sealed record XmlRpcCall(string Method, IReadOnlyList<MessageBody> Parameters);

/// <summary>
/// Holds the outcome of a call: the document to send and, when the call took a message, the message to settle.
/// </summary>
internal readonly record struct XmlRpcReply(ReadOnlyMemory<byte> Document, QueueMessage? HandedOut = null);
