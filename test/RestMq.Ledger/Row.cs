namespace RestMq.Ledger;

/// <summary>How a scenario came out.</summary>
/// <param name="Name">The scenario.</param>
/// <param name="Faults">How often something was killed, stopped or broken.</param>
/// <param name="Tally">The sums.</param>
/// <param name="Unread"> The most messages that can have gone back uncounted: handed out to consumers that broke off
/// before any of it was written. Each may come late, and nobody can see that it had been out.
/// </param>
/// <param name="CutOff">Plain takes whose client broke off while their last bytes were on the wire; these are no losses
/// of the queue.</param>
/// <param name="Left">What was left in Redis that should not be; empty when all is as it should.</param>
internal sealed record Row(string Name, int Faults, Tally Tally, int Unread = 0, int CutOff = 0, string Left = "")
{
    /// <summary>Whether the store keeps what it acknowledges, so that nothing may be lost.</summary>
    public bool Promised { get; init; } = true;

    /// <summary>
    /// Whether a crash took the store back to an earlier state. What had not been replicated was delivered all the
    /// same: it comes again as new, and is added again by a producer that had no answer.
    /// </summary>
    public bool RolledBack { get; init; }

    /// <summary>
    /// The longest time that there may be without an acknowledged add, in milliseconds; null for any.
    /// </summary>
    public int? MostSilence { get; init; }

    /// <summary>Whether even a duplicate would break the promise.</summary>
    public bool Once { get; init; }

    public bool Holds =>
        Tally.Acknowledged > 0 && Left.Length == 0 && (!Once || Tally.Duplicated == 0) &&
        Tally.WronglyAcked == 0 && (!Promised || Tally.Lost == 0) &&
        (!Promised || RolledBack || (Tally.AddedTwice == 0 && Tally.Reordered <= Unread)) && (MostSilence is not { } most || Tally.Silence <= most);

    public static string Header =>
        "| scenario | faults | acknowledged | in doubt | delivered | duplicated | lost | reordered | unread | added twice | cut off | wrongly acked | silence, ms |\n" +
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

    public override string ToString() =>
        $"| {Name} | {Faults} | {Tally.Acknowledged} | {Tally.InDoubt} | {Tally.Delivered} | {Tally.Duplicated} | {Tally.Lost} | {Tally.Reordered} | " +
        $"{Unread} | {Tally.AddedTwice} | {CutOff} | {Tally.WronglyAcked} | {Tally.Silence} |{(Holds ? "" : " BROKEN")}{(Left.Length > 0 ? $" left: {Left}" : "")}";
}
