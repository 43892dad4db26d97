namespace RestMq.Client.Wire;

/// <summary>Holds the fields of a message in a reply.</summary>
internal sealed record WireMessage
{
    public MessageKey Key { get; init; }

    public Receipt? Receipt { get; init; }

    public long Count { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Gets whether the body is the content of a JSON string: a text, and not JSON.</summary>
    public bool IsText { get; init; }

    /// <summary>
    /// Gets whether the body is a JSON string that is no text, because it has half of a surrogate pair. The body is then
    /// the JSON.
    /// </summary>
    public bool IsBrokenText { get; init; }

    public string? ContentType { get; init; }

    public string? TraceParent { get; init; }

    public string? TraceState { get; init; }

    public long? EventId { get; init; }

    public long Missed { get; set; }

    public MessageState State { get; init; }

    public DateTimeOffset? Added { get; init; }

    public DateTimeOffset? Due { get; init; }

    public string? Reason { get; init; }
}
