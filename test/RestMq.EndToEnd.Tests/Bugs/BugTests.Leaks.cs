namespace RestMq.EndToEnd.Bugs;

/// <summary>Tests the bugs that left data behind.</summary>
public abstract partial class BugTests
{
    // Bug 17 of the original.
    [Fact]
    public async Task Purge_QueueInUse_RemovesEverything()
    {
        var queue = Host.NextQueue();
        await Host.SetPolicyAsync(queue, "roundrobin");
        await Host.StopAsync(queue);
        await Host.PostAllAsync(queue, ["ready", "leased", "dead"]);
        await Host.LeaseAsync(queue);
        (await Host.AskAsync($"POST /q/{queue}", "value=later&delay=60&ttl=600&id=7")).Is(200);
        (await DeleteAsync(queue)).Is(200);

        (await Host.QueuesAsync()).Should().NotContain(queue);
        var stats = await Host.StatsAsync(queue);
        foreach (var place in new[] { "len", "ready", "leased", "delayed", "dead", "added", "settled" }) stats.Number(place).Should().Be(0, place);
        (stats.Text("policy"), stats.Number("status")).Should().Be(("broadcast", 1));
        (await Host.AskAsync($"GET /q/{queue}/{queue}:1")).IsProblem(404, "not-found");
        // The counter stays for one day, so that no id is used twice. The id of an add may stay for its five minutes.
        (await KeysAsync(queue)).Should().BeSubsetOf([$"restmq:{{{queue}}}:meta", $"restmq:{{{queue}}}:once:7"]);
    }

    // Bug 18 of the original.
    [Fact]
    public async Task Take_FiveHundredMessages_LeavesNothing()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, Enumerable.Range(0, 500).Select(i => $"m{i}"));
        await using var connection = await Host.ConnectAsync();
        for (var i = 0; i < 250; i++)
        {
            (await connection.AskAsync($"GET /q/{queue}")).Is(200);
            (await connection.AskAsync($"GET /?queue={queue}")).Is(200);
        }
        await LeavesNothingAsync(queue);
    }

    // Bug 19 of the original.
    [Fact]
    public async Task GetCommand_Repeated_LeavesNothing()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, ["a", "b"]);
        foreach (var command in new[] { "get", "get", "take", "get" }) (await Host.CommandAsync($$"""{"cmd":"{{command}}","queue":"{{queue}}"}""")).Is(200);
        (await Host.CommandAsync($$"""{"cmd":"del","queue":"{{queue}}","key":"{{queue}}:2"}""")).Is(200);
        await LeavesNothingAsync(queue);
    }

    // Bug 20 of the original.
    [Fact]
    public async Task DeleteByKey_ReadyMessage_IsNoLongerDelivered()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, ["a", "b", "c"]);
        (await Host.CommandAsync($$"""{"cmd":"del","queue":"{{queue}}","key":"{{queue}}:1"}""")).Is(200).Json.GetProperty("deleted").GetBoolean().Should().BeTrue();
        (await Host.CommandAsync($$"""{"cmd":"get","queue":"{{queue}}"}""")).Json.Text("value").Should().Be("b");
        (await Host.CommandAsync($$"""{"cmd":"del","queue":"{{queue}}","key":"{{queue}}:2"}""")).Is(200);
        (await Host.CommandAsync($$"""{"cmd":"take","queue":"{{queue}}"}""")).Json.Text("value").Should().Be("c");
        await LeavesNothingAsync(queue);
    }

    // Bug 21 of the original.
    [Fact]
    public async Task DeleteByKey_KeyOfAnotherQueue_DeletesNothing()
    {
        var (queue, victim) = (Host.NextQueue(), Host.NextQueue());
        await Host.PostAsync(victim, "a");
        foreach (var key in new[] { $"{victim}:1", $"{victim}:queue", "QUEUESET", "restmq:queues", $"restmq:{{{victim}}}:body" })
        {
            var reply = await Host.CommandAsync($$"""{"cmd":"del","queue":"{{queue}}","key":"{{key}}"}""");
            reply.Text.Should().NotContain("\"deleted\":true");
        }
        (await Host.TakeValueAsync(victim)).Should().Be("a");
    }

    // Bug 22 of the original.
    [Fact]
    public async Task Add_InvalidTtl_StoresNothing()
    {
        var queue = Host.NextQueue();
        await using var stream = await Host.ListenAsync(queue);
        (await Host.AskAsync($"POST /q/{queue}", "value=x&ttl=abc")).IsProblem(400, "bad-request");
        (await Host.QueuesAsync()).Should().NotContain(queue);
        (await KeysAsync(queue)).Should().BeEmpty();
        (await Host.PostAsync(queue, "good")).Should().Be($"{queue}:1", "the refused add used no number");
        (await stream.NextValuesAsync(1)).Should().Equal("good");
        (await Host.QueuesAsync()).Should().Contain(queue);
    }

    // Bug 23 of the original.
    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    public async Task Add_TtlNotPositive_Returns400(string ttl)
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"POST /q/{queue}", $"value=x&ttl={ttl}")).IsProblem(400, "bad-request");
        await Host.IsEmptyAsync(queue);
    }

    // Bug 24 of the original.
    [Fact]
    public async Task Take_ExpiredMessage_IsSkipped()
    {
        var queue = await BacklogWithAnExpiredMessageAsync(Host.NextQueue());
        (await Host.TakeValueAsync(queue)).Should().Be("a");
        (await Host.CommandAsync($$"""{"cmd":"take","queue":"{{queue}}"}""")).Json.Text("value").Should().Be("c");
        await LeavesNothingAsync(queue);
    }

    /// <summary>
    /// Asserts that the queue has no message in any state, and that Redis soon keeps only its settings and counters.
    /// </summary>
    private async Task LeavesNothingAsync(string queue)
    {
        await Host.IsEmptyAsync(queue);
        await Eventually.TrueAsync(async () => (await KeysAsync(queue)).All(key => key.EndsWith("}:meta", StringComparison.Ordinal)), "only :meta is left");
        var stats = await Host.StatsAsync(queue);
        foreach (var place in new[] { "ready", "leased", "delayed", "dead" }) stats.Number(place).Should().Be(0, place);
    }

    /// <summary>
    /// Returns the queue's keys in Redis, without those that remember exchanges for a minute. Returns no keys when the
    /// host has no Redis.
    /// </summary>
    private async Task<string[]> KeysAsync(string queue) =>
        Host.Redis is { } redis ? [.. (await redis.KeysAsync())
            .Where(key => key.Contains($"{{{queue}}}", StringComparison.Ordinal) && !key.Contains(":sent:", StringComparison.Ordinal))] : [];
}
