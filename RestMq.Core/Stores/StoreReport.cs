namespace RestMq.Stores;

/// <summary>What a store says of its own state.</summary>
/// <param name="Failure">Why it keeps no messages now, in words for a person; null when it does.</param>
/// <param name="Warnings">What puts messages at risk that it keeps.</param>
/// <param name="Facts">What was found, by name: numbers and words for a report.</param>
internal sealed record StoreReport(string? Failure, IReadOnlyList<string> Warnings, IReadOnlyDictionary<string, object> Facts)
{
    /// <summary>A store that cannot be away.</summary>
    public static readonly StoreReport Sound = new(null, [], new Dictionary<string, object>());
}
