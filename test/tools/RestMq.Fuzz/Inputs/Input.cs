namespace RestMq.Fuzz.Inputs;

/// <summary>Holds one input: bytes for a connection.</summary>
/// <param name="Number">The number of the input. Seed and number are enough to make the input again.</param>
/// <param name="Bytes">The bytes to send.</param>
/// <param name="Kind">The kind, which tells what to expect.</param>
/// <param name="IsHead">Whether the reply has no body.</param>
internal sealed record Input(long Number, byte[] Bytes, InputKind Kind, bool IsHead);

internal enum InputKind
{
    /// <summary>A request in valid framing, with any content. It gets exactly one reply.</summary>
    Framed,

    /// <summary>A stream or a WebSocket. It gets at least a head, and ends when its client disconnects.</summary>
    Stream,

    /// <summary>Any bytes. They get a reply or none, and the connection ends.</summary>
    Wild,
}
