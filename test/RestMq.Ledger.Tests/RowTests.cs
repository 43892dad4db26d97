namespace RestMq.Ledger;

/// <summary>What a row takes for a broken promise.</summary>
public sealed class RowTests
{
    private static readonly Tally Kept = new(Acknowledged: 10, InDoubt: 1, Delivered: 12, Duplicated: 2, Lost: 0, Reordered: 0, AddedTwice: 0);

    [Fact]
    public void A_message_may_come_late_for_each_that_went_back_unread_and_no_other()
    {
        Holds(Kept with { Reordered = 1 }).Should().BeFalse();
        Holds(Kept with { Reordered = 1 }, unread: 1).Should().BeTrue();
        Holds(Kept with { Reordered = 2 }, unread: 1).Should().BeFalse();
    }

    [Fact]
    public void Nothing_may_be_lost_or_added_twice_or_left_and_something_has_to_be_acknowledged()
    {
        Holds(Kept).Should().BeTrue();
        Holds(Kept with { Lost = 1 }, unread: 1).Should().BeFalse();
        Holds(Kept with { AddedTwice = 1 }, unread: 1).Should().BeFalse();
        Holds(Kept with { Acknowledged = 0 }).Should().BeFalse();
        (new Row("left", 1, Kept) { Left = "restmq:{q}:due" }).Holds.Should().BeFalse();
    }

    private static bool Holds(Tally tally, int unread = 0) => new Row("a row", 1, tally, unread).Holds;
}
