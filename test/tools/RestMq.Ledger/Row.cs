namespace RestMq.Ledger;

/// <summary>Holds the result of a scenario.</summary>
/// <param name="Name">The scenario.</param>
/// <param name="Faults">The number of times that something was killed, stopped or broken.</param>
/// <param name="Tally">The sums.</param>
/// <param name="Unread">The largest number of messages that can have gone back to the queue uncounted. Their consumers
/// disconnected before any of the message was written. Each of these messages may come late and look like a first
/// delivery.</param>
/// <param name="CutOff">Plain takes whose client disconnected while the last bytes were on the wire. The queue did not
/// lose these messages.</param>
/// <param name="Left">The keys that were left in Redis and should not be. It is empty when there are none.</param>
internal sealed record Row(string Name, int Faults, Tally Tally, int Unread = 0, int CutOff = 0, string Left = "")
{
    /// <summary>Gets whether the store keeps all that it acknowledges, so that no message may be lost.</summary>
    public bool Promised { get; init; } = true;

    /// <summary>
    /// Gets whether a crash took the store back to an earlier state. Messages that were not replicated may have been
    /// delivered before. They come again as new messages, and a producer without a reply adds them again.
    /// </summary>
    public bool RolledBack { get; init; }

    /// <summary>
    /// Gets the longest allowed time without an acknowledged add, in milliseconds. Null allows any time.
    /// </summary>
    public int? MostSilence { get; init; }

    /// <summary>Gets whether a duplicate breaks the promise.</summary>
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
