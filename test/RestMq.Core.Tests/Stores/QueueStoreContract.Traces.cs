namespace RestMq.Stores;

public abstract partial class QueueStoreContract
{
    [Theory, InlineData(null, null), InlineData("image/png", null), InlineData(null, "a=b c, d@e=f ,\tg=h"), InlineData("image/png; a=b", "a=b c,d@e=<f>")]
    public async Task Trace_MessageInAnyState_IsReturnedWithIt(string? type, string? state)
    {
        const string Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        await AddAsync(
            new NewMessage(MessageBody.FromBytes("\n x"u8.ToArray(), type)) { TraceParent = Trace, TraceState = state },
            new NewMessage(MessageBody.FromBytes("\n x"u8.ToArray(), type)));

        var seen = new List<QueueMessage> { (await PeekAsync(1))!.Message, (await Store.PeekHeadAsync(Queue, default))! };
        seen.Add(await LeaseOneAsync());
        await SettleAsync(seen[^1], SettleAction.Bury);
        seen.Add((await Store.BrowseAsync(Queue, MessageState.Dead, 1, default)).Should().ContainSingle().Subject.Message);
        await Store.RedriveAsync(Queue, default);
        var (other, again) = ((await BroadcastAsync()).Messages[0], (await BroadcastAsync(after: 1, move: 0)).Messages[0]);
        seen.Add(again);

        seen.Should().AllSatisfy(message => (message.TraceParent, message.TraceState, message.Body.ContentType, message.Body.ToString())
            .Should().Be((Trace, state, type, "CiB4")));
        (other.TraceParent, other.TraceState, other.Body.ContentType).Should().Be((null, null, type));
    }
}
