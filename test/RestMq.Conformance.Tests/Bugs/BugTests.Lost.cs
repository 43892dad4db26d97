namespace RestMq.Conformance.Bugs;

/// <summary>Messages that were lost.</summary>
public abstract partial class BugTests
{
    [Fact]
    public async Task Bug1_roundrobin_gives_each_message_to_one_consumer_in_turn()
    {
        var queue = Host.NextQueue();
        await using var a = await ConsumerAsync(queue, "roundrobin");
        await using var b = await Host.ListenAsync(queue);
        await Host.HasConsumersAsync(queue, 2);
        for (var i = 0; i < 4; i++) await Host.PostAsync(queue, $"m{i}");
        string[][] shares = [await a.NextValuesAsync(2), await b.NextValuesAsync(2)];
        shares.OrderBy(s => s[0]).SelectMany(s => s).Should().Equal("m0", "m2", "m1", "m3");
    }

    [Fact]
    public async Task Bug2_a_numeric_message_is_delivered_as_it_was_sent()
    {
        var queue = Host.NextQueue();
        await using var stream = await ConsumerAsync(queue);
        foreach (var value in new[] { "a", "42", "b" }) await Host.PostAsync(queue, value);
        (await stream.NextValuesAsync(3)).Should().Equal("a", "42", "b");
    }

    [Fact]
    public async Task Bug3_a_numeric_message_in_a_backlog_takes_no_other_with_it()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, ["a", "b", "42", "c", "d"]);
        await using var stream = await Host.ListenAsync(queue);
        (await stream.NextValuesAsync(5)).Should().Equal("a", "b", "42", "c", "d");
    }

    [Fact]
    public async Task Bug4_an_expired_message_in_a_backlog_takes_no_other_with_it()
    {
        var queue = await BacklogWithAnExpiredMessageAsync(Host.NextQueue());
        await using var stream = await Host.ListenAsync(queue);
        (await stream.NextValuesAsync(2)).Should().Equal("a", "c");
    }

    [Fact]
    public async Task Bug6_two_pipelined_GETs_get_two_answers()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, ["one", "two"]);
        await using var connection = await Host.ConnectAsync();
        var get = RawRequest.Write($"GET /q/{queue}");
        await connection.SendAsync((byte[])[.. get, .. get]);
        (await connection.ReadReplyAsync()).Is(200).Json.Text("value").Should().Be("one");
        (await connection.ReadReplyAsync()).Is(200).Json.Text("value").Should().Be("two");
    }

    [Fact]
    public async Task Bug7_a_consumer_that_never_reads_empties_no_queue()
    {
        var queue = Host.NextQueue();
        await Host.SetPolicyAsync(queue, "roundrobin");
        var never = await Host.ListenAsync(queue, receiveBuffer: 4096);
        await Host.HasConsumersAsync(queue, 1);
        var large = new string('x', 1_000_000);
        for (var i = 0; i < 60; i++) await Host.PostAsync(queue, large);
        var stats = await Host.StatsAsync(queue);
        (stats.Number("ready") + stats.Number("leased")).Should().BeGreaterThan(50, "what was not delivered is still in the queue");
        never.Kill();
        await Host.HasConsumersAsync(queue, 0);
        await Eventually.TrueAsync(async () => (await Host.StatsAsync(queue)).Number("ready") > 50, "it can be taken by others");
        (await Host.AskAsync($"DELETE /q/{queue}")).Is(200);
    }

    /// <summary>Adds <c>a</c>, <c>b</c> and <c>c</c>, and returns when <c>b</c> has expired.</summary>
    private async Task<string> BacklogWithAnExpiredMessageAsync(string queue)
    {
        await Host.PostAsync(queue, "a");
        (await Host.AskAsync($"POST /q/{queue}", "value=b&ttl=1")).Is(200);
        await Host.PostAsync(queue, "c");
        await Eventually.TrueAsync(async () => (await Host.StatsAsync(queue)).Number("ready") == 2, "b expires");
        return queue;
    }
}
