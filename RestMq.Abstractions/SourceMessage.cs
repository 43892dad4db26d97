namespace RestMq;

/// <summary>A message that has been handed out, as its source gave it: bytes, and what to settle it with.</summary>
public sealed class SourceMessage
{
    /// <summary>The queue it came from.</summary>
    public required string Queue { get; init; }

    /// <summary>Its key, such as <c>orders:12</c>.</summary>
    public required string Key { get; init; }

    /// <summary>What this hand-out is settled with, such as <c>orders:12.3</c>.</summary>
    public required string Receipt { get; init; }

    /// <summary>How many times it has been handed out, this time included.</summary>
    public required long Count { get; init; }

    /// <summary>Its bytes.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>What the bytes are, such as <c>application/json</c>; null when it is not known.</summary>
    public string? ContentType { get; init; }

    /// <summary>The W3C trace context of its producer; null when there is none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The W3C <c>tracestate</c> that came with it; null when there is none.</summary>
    public string? TraceState { get; init; }
}
