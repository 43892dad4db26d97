namespace RestMq.Ledger;

/// <summary>Tests which tallies break a promise.</summary>
public sealed class RowTests
{
    private static readonly Tally Kept = new(Acknowledged: 10, InDoubt: 1, Delivered: 12, Duplicated: 2, Lost: 0, Reordered: 0, AddedTwice: 0);

    [Fact]
    public void Holds_ReorderedMessages_AllowsOneForEachUnread()
    {
        Holds(Kept with { Reordered = 1 }).Should().BeFalse();
        Holds(Kept with { Reordered = 1 }, unread: 1).Should().BeTrue();
        Holds(Kept with { Reordered = 2 }, unread: 1).Should().BeFalse();
    }

    [Fact]
    public void Holds_BrokenPromise_ReturnsFalse()
    {
        Holds(Kept).Should().BeTrue();
        Holds(Kept with { Lost = 1 }, unread: 1).Should().BeFalse();
        Holds(Kept with { AddedTwice = 1 }, unread: 1).Should().BeFalse();
        Holds(Kept with { Acknowledged = 0 }).Should().BeFalse();
        (new Row("left", 1, Kept) { Left = "restmq:{q}:due" }).Holds.Should().BeFalse();
    }

    private static bool Holds(Tally tally, int unread = 0) => new Row("a row", 1, tally, unread).Holds;
}
