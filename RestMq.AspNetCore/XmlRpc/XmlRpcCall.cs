namespace RestMq.XmlRpc;

/// <summary>A call as it was read. A parameter is the message body it would be: string a text, base64 binary, the others the JSON they are.</summary>
internal sealed record XmlRpcCall(string Method, IReadOnlyList<MessageBody> Parameters);

/// <summary>What a call came to: the document to send, and the message in it when one was handed out and is to be settled.</summary>
internal readonly record struct XmlRpcReply(ReadOnlyMemory<byte> Document, QueueMessage? HandedOut = null);
