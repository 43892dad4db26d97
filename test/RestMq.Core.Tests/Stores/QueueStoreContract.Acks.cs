namespace RestMq.Stores;

/// <summary>Verifies batches of acks in which some receipts are not in flight.</summary>
public abstract partial class QueueStoreContract
{
    [Theory, InlineData(1), InlineData(5000)]
    public async Task Ack_ReadyMessageAmongOthers_IsStaleAndOthersAreDone(int bytes)
    {
        await AddAsync([.. Numbers(1, 4).Select(n => Message($"{n}".PadRight(bytes)))]);
        var held = await LeaseAsync(3);
        await SettleAsync(held[0], SettleAction.Return);

        // Message 1 was delivered and returned. Message 4 was never delivered.
        var acks = new[] { 1L, 2, 4, 2, 9, 3 }.Select(id => new Settlement(new Receipt(Key(id), 1), SettleAction.Ack));
        (await SettleAsync([.. acks])).Should().Equal(
            SettleResult.Stale, SettleResult.Done, SettleResult.Stale, SettleResult.Unknown, SettleResult.Unknown, SettleResult.Done);
        (await LeaseAsync(5)).Select(message => message.Body.ToString().Trim()).Should().Equal("1", "4");
    }

    [Fact]
    public async Task Ack_NeverDeliveredMessage_IsStale()
    {
        await AddAsync(Message("held"), Message("waits"));
        await LeaseOneAsync();

        (await SettleAsync(new Settlement(new Receipt(Key(1), 1), SettleAction.Ack), new Settlement(new Receipt(Key(2), 1), SettleAction.Ack)))
            .Should().Equal(SettleResult.Done, SettleResult.Stale);
        (await LeaseOneAsync()).Body.ToString().Should().Be("waits");
    }
}
