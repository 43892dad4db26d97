namespace RestMq.EndToEnd.Bugs;

/// <summary>Tests the bugs that lost messages.</summary>
public abstract partial class BugTests
{
    // Bug 1 of the original.
    [Fact]
    public async Task RoundRobin_TwoConsumers_TakesTurns()
    {
        var queue = Host.NextQueue();
        await using var a = await ConsumerAsync(queue, "roundrobin");
        await using var b = await Host.ListenAsync(queue);
        await Host.HasConsumersAsync(queue, 2);
        for (var i = 0; i < 4; i++) await Host.PostAsync(queue, $"m{i}");
        string[][] shares = [await a.NextValuesAsync(2), await b.NextValuesAsync(2)];
        shares.OrderBy(s => s[0]).SelectMany(s => s).Should().Equal("m0", "m2", "m1", "m3");
    }

    // Bug 2 of the original.
    [Fact]
    public async Task Stream_NumericMessage_IsDeliveredAsSent()
    {
        var queue = Host.NextQueue();
        await using var stream = await ConsumerAsync(queue);
        foreach (var value in new[] { "a", "42", "b" }) await Host.PostAsync(queue, value);
        (await stream.NextValuesAsync(3)).Should().Equal("a", "42", "b");
    }

    // Bug 3 of the original.
    [Fact]
    public async Task Stream_NumericMessageInBacklog_DeliversAll()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, ["a", "b", "42", "c", "d"]);
        await using var stream = await Host.ListenAsync(queue);
        (await stream.NextValuesAsync(5)).Should().Equal("a", "b", "42", "c", "d");
    }

    // Bug 4 of the original.
    [Fact]
    public async Task Stream_ExpiredMessageInBacklog_DeliversOthers()
    {
        var queue = await BacklogWithAnExpiredMessageAsync(Host.NextQueue());
        await using var stream = await Host.ListenAsync(queue);
        (await stream.NextValuesAsync(2)).Should().Equal("a", "c");
    }

    // Bug 6 of the original.
    [Fact]
    public async Task Take_TwoPipelined_AreBothAnswered()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, ["one", "two"]);
        await using var connection = await Host.ConnectAsync();
        var get = RawRequest.Write($"GET /q/{queue}");
        await connection.SendAsync((byte[])[.. get, .. get]);
        (await connection.ReadReplyAsync()).Is(200).Json.Text("value").Should().Be("one");
        (await connection.ReadReplyAsync()).Is(200).Json.Text("value").Should().Be("two");
    }

    // Bug 7 of the original.
    [Fact]
    public async Task RoundRobin_ConsumerNeverReads_KeepsMessagesInQueue()
    {
        var queue = Host.NextQueue();
        await Host.SetPolicyAsync(queue, "roundrobin");
        var never = await Host.ListenAsync(queue, receiveBuffer: 4096);
        await Host.HasConsumersAsync(queue, 1);
        var large = new string('x', 1_000_000);
        for (var i = 0; i < 60; i++) await Host.PostAsync(queue, large);
        var stats = await Host.StatsAsync(queue);
        (stats.Number("ready") + stats.Number("leased")).Should().BeGreaterThan(50,
            "the undelivered messages are still in the queue");
        never.Kill();
        await Host.HasConsumersAsync(queue, 0);
        await Eventually.TrueAsync(async () => (await Host.StatsAsync(queue)).Number("ready") > 50,
            "the messages are ready for other consumers");
        (await Host.AskAsync($"DELETE /q/{queue}")).Is(200);
    }

    /// <summary>Adds <c>a</c>, <c>b</c> and <c>c</c>, and returns when <c>b</c> has expired.</summary>
    private async Task<string> BacklogWithAnExpiredMessageAsync(string queue)
    {
        await Host.PostAsync(queue, "a");
        (await Host.AskAsync($"POST /q/{queue}", "value=b&ttl=1")).Is(200);
        await Host.PostAsync(queue, "c");
        await Eventually.TrueAsync(async () => (await Host.StatsAsync(queue)).Number("ready") == 2,
            "the message b expires");
        return queue;
    }
}
