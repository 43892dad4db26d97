using System.Text.Json;

namespace RestMq.Ledger;

/// <summary>Tests the journal of the ledger. A ledger that misses a loss proves nothing.</summary>
public sealed class JournalTests
{
    private readonly Journal _journal = new();

    [Fact]
    public void Close_AcknowledgedMessageMissing_CountsLost()
    {
        Acknowledge(0, 1, 2);
        Arrive((0, 1), (2, 1));
        _journal.Close().Should().Be(new Tally(Acknowledged: 3, InDoubt: 0, Delivered: 2, Duplicated: 0, Lost: 1, Reordered: 0, AddedTwice: 0));
    }

    [Fact]
    public void Close_MessagesInDoubt_AreNotLost()
    {
        Acknowledge(0);
        _journal.InDoubt(new Entry(0, 1));
        _journal.InDoubt(new Entry(0, 2));
        Arrive((0, 1), (2, 1));
        _journal.Close().Should().Be(new Tally(1, InDoubt: 2, Delivered: 2, 0, 0, 0, 0));
    }

    [Fact]
    public void Close_FirstDeliveryAfterLater_CountsReordered()
    {
        Acknowledge(0, 1, 2, 3);
        Arrive((1, 1), (0, 1), (3, 1), (2, 2));
        _journal.Close().Should().Be(new Tally(4, 0, 4, 0, 0, Reordered: 1, 0));
    }

    [Fact]
    public void Close_Broadcast_CountsLostForEachConsumer()
    {
        Acknowledge(0, 1);
        Arrive((0, 1));
        Arrive((1, 1));
        _journal.Close().Lost.Should().Be(0);
        _journal.Close(everyone: true).Lost.Should().Be(2);
    }

    [Fact]
    public void Close_MessageReceivedTwice_CountsDuplicateOrAddedTwice()
    {
        Acknowledge(0, 1);
        var page = _journal.NewPage();
        page.Note(new ReceivedMessage(new Entry(0, 0), Id: 1, Count: 1));
        page.Note(new ReceivedMessage(new Entry(0, 0), Id: 1, Count: 2));
        page.Note(new ReceivedMessage(new Entry(0, 1), Id: 2, Count: 1));
        page.Note(new ReceivedMessage(new Entry(0, 1), Id: 3, Count: 2));
        _journal.Close().Should().Be(new Tally(2, 0, 4, Duplicated: 2, 0, 0, AddedTwice: 1));
    }

    [Fact]
    public void AckedByOldReceipt_KeyNamesTwoMessages_CountsWronglyAcked()
    {
        Acknowledge(0);
        _journal.AckedByOldReceipt(new Entry(0, 0), id: 1);
        _journal.Close().WronglyAcked.Should().Be(0, "the number still names the same message");
        _journal.Acknowledged(new Entry(0, 7), id: 1);
        _journal.AckedByOldReceipt(new Entry(0, 0), id: 1);
        _journal.Close().WronglyAcked.Should().Be(1);
    }

    [Fact]
    public async Task Close_PauseBetweenAdds_ReportsSilence()
    {
        _journal.BeginAdds();
        Acknowledge(0);
        await Task.Delay(100);
        Acknowledge(1);
        _journal.EndAdds();
        _journal.Close().Silence.Should().BeGreaterThanOrEqualTo(99);
    }

    [Fact]
    public void SightingOf_ChangedText_Throws()
    {
        ReceivedMessage.Of(Message(new Entry(3, 7).Text(40))).Should().Be(new ReceivedMessage(new Entry(3, 7), 12, 1));
        FluentActions.Invoking(() => ReceivedMessage.Of(Message(new Entry(3, 7).Text(40)[..39]))).Should().Throw<InvalidDataException>();
    }

    private void Acknowledge(params int[] numbers)
    {
        foreach (var number in numbers) _journal.Acknowledged(new Entry(0, number), number + 1);
    }

    private void Arrive(params (int Number, int Count)[] messages)
    {
        var page = _journal.NewPage();
        foreach (var (number, count) in messages) page.Note(new ReceivedMessage(new Entry(0, number), number + 1, count));
    }

    private static JsonElement Message(string value)
    {
        using var document = JsonDocument.Parse($$"""{"key":"q:12","value":"{{value}}","count":1}""");
        return document.RootElement.Clone();
    }
}
