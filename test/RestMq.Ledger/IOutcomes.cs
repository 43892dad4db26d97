namespace RestMq.Ledger;

/// <summary>Where a producer notes what became of its messages.</summary>
internal interface IOutcomes
{
    /// <summary>It is about to be sent.</summary>
    void Sending(Entry entry);

    /// <summary>The add was answered yes.</summary>
    /// <param name="entry">The message.</param>
    /// <param name="id">The number in the key that the answer named.</param>
    void Acknowledged(Entry entry, long id);

    /// <summary>No yes came, and nobody will ask again: it may have been added or not.</summary>
    void InDoubt(Entry entry);
}
