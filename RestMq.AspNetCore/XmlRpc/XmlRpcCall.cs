namespace RestMq.XmlRpc;

/// <summary>
/// Holds a parsed call. Each parameter is read as a message body: a string as text, base64 as binary, other types as
/// JSON.
/// </summary>
/// <param name="Method">The name of the method.</param>
/// <param name="Parameters">The parameters.</param>
/// <param name="Calls">The calls in the first parameter of <see cref="Multicall"/>; null for every other
/// method.</param>
internal sealed record XmlRpcCall(string Method, IReadOnlyList<MessageBody> Parameters, IReadOnlyList<XmlRpcCall>? Calls = null)
{
    public const string Multicall = "system.multicall";
}

/// <summary>
/// Holds the outcome of a call: a value or a fault, and the messages to settle, which the call took.
/// </summary>
internal sealed record XmlRpcReply
{
    /// <summary>Gets what writes the value; null for a fault.</summary>
    public Action<XmlRpcWriter>? Value { get; init; }

    /// <summary>Gets the code of the fault.</summary>
    public int Code { get; init; }

    /// <summary>Gets the text of the fault.</summary>
    public string Text { get; init; } = "";

    public IReadOnlyList<QueueMessage> Taken { get; init; } = [];

    public ReadOnlyMemory<byte> ToDocument() => Value is { } value ? XmlRpcWriter.Response(value) : XmlRpcWriter.FaultResponse(Code, Text);

    /// <summary>
    /// Writes the outcome as an element of the reply to <c>system.multicall</c>: an array with the value, or a struct
    /// with the fault.
    /// </summary>
    public void WriteTo(XmlRpcWriter writer)
    {
        if (Value is { } value) writer.Array([value], static (x, write) => write(x));
        else writer.Fault(Code, Text);
    }
}
