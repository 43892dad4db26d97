namespace RestMq.Stores;

/// <summary>Reports the state of a store.</summary>
/// <param name="Failure">Why the store accepts no messages now, in words for people. Null when it accepts them.</param>
/// <param name="Warnings">Sentences about risks to the stored messages.</param>
/// <param name="Facts">Numbers and words about the store, by name.</param>
internal sealed record StoreReport(string? Failure, IReadOnlyList<string> Warnings, IReadOnlyDictionary<string, object> Facts)
{
    /// <summary>Gets whether the failure is only that the store has not answered in time.</summary>
    public bool IsLate { get; init; }

    /// <summary>Gets whether the store refuses the host, which the store has logged.</summary>
    public bool IsRefused { get; init; }

    /// <summary>The report of a store that cannot be away.</summary>
    public static readonly StoreReport Sound = new(null, [], new Dictionary<string, object>());
}
