using static RestMq.EndToEnd.Streams.Readers.LiveActions;

namespace RestMq.EndToEnd.Streams;

/// <summary>Tests consumers that reconnect and resume.</summary>
public abstract partial class LiveContract
{
    [Theory]
    [InlineData("", "Last-Event-ID: ")]
    [InlineData("?last_event_id=", "")]
    public async Task Resume_WithLastId_MissesNothing(string query, string header)
    {
        var queue = Host.NextQueue();
        var values = Numbered(50);
        await using var other = await OpenAsync(queue);
        var first = await OpenAsync(queue);
        await Host.PostAllAsync(queue, values[..30]);
        var last = (await first.NextAsync(10))[^1].Number("id");
        first.Kill();
        (await other.NextValuesAsync(30)).Should().Equal(values[..30]);
        await Host.PostAllAsync(queue, values[30..40]);
        (await other.NextValuesAsync(10)).Should().Equal(values[30..40],
            "the other consumer gets these while the first is disconnected");
        other.Kill();
        await Host.HasConsumersAsync(queue, 0);
        await Host.PostAllAsync(queue, values[40..]);

        await using var back = await OpenAsync(queue, query.Length > 0 ? query + last : "", null, header.Length > 0 ? [header + last] : []);
        (await back.NextValuesAsync(40)).Should().Equal(values[10..], "the resumed stream continues after the last id");
        await Host.PostAsync(queue, "new");
        (await back.NextValuesAsync(1)).Should().Equal("new");
    }

    [Fact]
    public async Task Resume_FromEarliest_ReplaysHistory()
    {
        var queue = Host.NextQueue();
        await using var live = await OpenAsync(queue);
        await Host.PostAllAsync(queue, Numbered(150));
        await live.NextAsync(150);
        await using var all = await OpenAsync(queue, "?from=earliest");
        (await all.NextValuesAsync(150)).Should().Equal(Numbered(150));
        await using var latest = await OpenAsync(queue, "?from=latest");
        await using var plain = await OpenAsync(queue);
        await Host.PostAsync(queue, "new");
        foreach (var stream in new[] { live, all, latest, plain }) (await stream.NextValuesAsync(1)).Should().Equal("new");
    }

    [Fact]
    public async Task Resume_BeyondHistory_ReportsMissedCount()
    {
        var queue = Host.NextQueue();
        await Host.SettingAsync(queue, "history=5");
        await using var live = await OpenAsync(queue);
        await Host.PostAllAsync(queue, Numbered(20));
        await live.NextAsync(20);
        await using var third = await OpenAsync(queue, "?last_event_id=3");
        (await third.NextMissedAsync()).Should().Be(12);
        (await third.NextValuesAsync(5)).Should().Equal("15", "16", "17", "18", "19");
        await using var earliest = await OpenAsync(queue, "?from=earliest");
        (await earliest.NextMissedAsync()).Should().Be(15);
        (await earliest.NextValuesAsync(5)).Should().Equal("15", "16", "17", "18", "19");
        await using var exact = await OpenAsync(queue, "?last_event_id=15");
        (await exact.NextValuesAsync(5)).Should().Equal("15", "16", "17", "18", "19");
    }

    [Theory]
    [InlineData("words")]
    [InlineData("6f9619ff-8b86-d011-b42d-00cf4fc964ff")]
    [InlineData("1.5")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("9007199254740993")]
    [InlineData("99999999999999999999999999")]
    public async Task Resume_ForeignLastEventId_BeginsAtEndAfterGap(string foreign)
    {
        var queue = Host.NextQueue();
        await using var live = await OpenAsync(queue);
        await Host.PostAllAsync(queue, Numbered(3));
        await live.NextAsync(3);

        await using var back = await OpenAsync(queue, headers: $"Last-Event-ID: {foreign}");

        (await back.NextMissedAsync()).Should().Be(3, "the client may have seen none of these messages");
        await Host.PostAsync(queue, "new");
        (await back.NextValuesAsync(1)).Should().Equal("new");
    }

    [Fact]
    public async Task Resume_ForeignLastEventIdWithoutHistory_HasNoGap()
    {
        var queue = Host.NextQueue();
        await using var plain = await OpenAsync(queue, headers: "Last-Event-ID: words");
        await Host.PostAsync(queue, "one");
        (await plain.NextValuesAsync(1)).Should().Equal("one");
        await using var leased = await OpenAsync(queue + "x", "?lease=30", headers: "Last-Event-ID: words");
        await Host.PostAsync(queue + "x", "two");
        (await leased.NextAsync()).Text("value").Should().Be("two");
    }

    [Fact]
    public async Task Resume_GapWithoutMessages_ReportsMissedCount()
    {
        var queue = Host.NextQueue();
        await Host.SettingAsync(queue, "history=0");
        await using var live = await OpenAsync(queue);
        await Host.PostAllAsync(queue, Numbered(20));
        await live.NextAsync(20);
        await using var back = await OpenAsync(queue, "?last_event_id=3");
        (await back.NextMissedAsync()).Should().Be(17);
        await Host.PostAsync(queue, "new");
        (await back.NextValuesAsync(1)).Should().Equal("new");
    }

    [Fact]
    public async Task Resume_KilledMidMessage_GetsMessageWhole()
    {
        var queue = Host.NextQueue();
        var values = Numbered(8, ":" + new string('é', 400_000));
        var first = await OpenAsync(queue, receiveBuffer: 4096);
        await using var other = await OpenAsync(queue);
        foreach (var value in values) await Host.PostAsync(queue, value);
        var last = (await first.NextAsync(2))[^1].Number("id");
        first.Kill(); // Its buffers hold a part of the third message.
        (await other.NextValuesAsync(8)).Should().Equal(values);
        await using var back = await OpenAsync(queue, $"?last_event_id={last}");
        (await back.NextValuesAsync(6)).Should().Equal(values[2..]);
    }
}
