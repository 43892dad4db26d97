namespace RestMq.Fuzz.Inputs;

/// <summary>One input: bytes for a connection.</summary>
/// <param name="Number">With the seed, all that is needed to have it again.</param>
/// <param name="Bytes">What is sent.</param>
/// <param name="Kind">What may be expected.</param>
/// <param name="IsHead">Whether the reply has no body.</param>
internal sealed record Input(long Number, byte[] Bytes, InputKind Kind, bool IsHead);

internal enum InputKind
{
    /// <summary>A request in valid framing, whatever is in it: exactly one reply.</summary>
    Framed,

    /// <summary>A stream or a WebSocket: a head at least, and then it ends when its client goes.</summary>
    Stream,

    /// <summary>Bytes: a reply or none, and an end.</summary>
    Wild,
}
