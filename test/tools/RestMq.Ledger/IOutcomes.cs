namespace RestMq.Ledger;

/// <summary>Records the outcomes of a producer's adds.</summary>
internal interface IOutcomes
{
    /// <summary>Records that a message is about to be sent.</summary>
    void Sending(Entry entry);

    /// <summary>Records that an add was acknowledged with 2xx.</summary>
    /// <param name="entry">The message.</param>
    /// <param name="id">The number in the key of the reply.</param>
    void Acknowledged(Entry entry, long id);

    /// <summary>
    /// Records that an add was not acknowledged and is not sent again. The message may or may not have been added.
    /// </summary>
    void InDoubt(Entry entry);
}
