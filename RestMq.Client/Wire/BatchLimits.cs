using RestMq.Wire;

namespace RestMq.Client.Wire;

/// <summary>Holds how many messages and bytes one request may add. A host may have lower limits and then tells them.</summary>
/// <param name="Messages">The most messages of a request.</param>
/// <param name="Bytes">The most bytes of a request's body.</param>
internal sealed record BatchLimits(long Messages, long Bytes)
{
    /// <summary>Gets the limits that a host has by default.</summary>
    public static BatchLimits Default { get; } = new(RequestDefaults.MaxBatch, RequestDefaults.MaxBatchBytes);

    /// <summary>
    /// Returns lower limits after a host, or a proxy before it, refused a request as too large. Null when the refusal has
    /// another cause, or when nothing smaller can be sent.
    /// </summary>
    public BatchLimits? Learn(RestMqClientException refusal, Lines refused)
    {
        if (refused.Count == 1) return null;
        if (refusal.MaxMessages is { } messages && messages >= 1 && messages < refused.Count) return this with { Messages = messages };
        if (refusal.MaxBytes is { } bytes && bytes >= 1 && bytes < refused.Bytes.Length) return this with { Bytes = bytes };
        if (refusal.Status != 413 || refusal.Type is not null) return null;
        // A proxy does not tell its limit. The limit becomes the next lower half, quarter, … of the default, so that the
        // requests of an add that is repeated later are cut at the same messages.
        var half = Default.Bytes;
        while (half >= refused.Bytes.Length) half /= 2;
        return this with { Bytes = half };
    }
}

/// <summary>Holds lines of JSON for one request.</summary>
/// <param name="Count">The number of lines.</param>
/// <param name="Bytes">The lines, each with its line break.</param>
internal readonly record struct Lines(int Count, ReadOnlyMemory<byte> Bytes);
