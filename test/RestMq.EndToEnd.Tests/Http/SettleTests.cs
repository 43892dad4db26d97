namespace RestMq.EndToEnd.Http;

/// <summary>
/// Tests settlements by every route and command. The receipt of an earlier delivery must change nothing.
/// </summary>
public abstract class SettleTests(HostFixture fixture)
{
    // Holds a request line and a body for each way to settle, with {0} for the queue and {1} for the receipt. A command
    // reports a failure as false in the JSON member that Answer names. A route reports a status, so Answer is null.
    private static readonly Dictionary<string, (string Request, string Body, string? Answer)> Ways = new()
    {
        ["ack"] = ("DELETE /q/{0}/{1}", "", null),
        ["extend"] = ("POST /q/{0}/{1}", "lease=60", null),
        ["release"] = ("POST /q/{0}/{1}", "release=0", null),
        ["release later"] = ("POST /q/{0}/{1}", "release=60", null),
        ["bury"] = ("POST /q/{0}/{1}", "bury=bad", null),
        ["del"] = ("POST /queue", """body={{"cmd":"del","queue":"{0}","receipt":"{1}"}}""", "deleted"),
        ["del key"] = ("POST /queue", """body={{"cmd":"del","queue":"{0}","key":"{1}"}}""", "deleted"),
        ["extend command"] = ("POST /queue", """body={{"cmd":"extend","queue":"{0}","receipt":"{1}"}}""", "extended"),
        ["release command"] = ("POST /queue", """body={{"cmd":"release","queue":"{0}","receipt":"{1}","delay":5}}""", "released"),
        ["bury command"] = ("POST /queue", """body={{"cmd":"bury","queue":"{0}","receipt":"{1}","reason":"bad"}}""", "buried"),
    };

    private RestMqHost Host => fixture.Host;

    public static TheoryData<string> Names() => [.. Ways.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Settle_StaleReceipt_ChangesNothing(string way)
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, ["one", "two"]);
        var stale = (await Host.LeaseAsync(queue)).Text("receipt")!;
        (await Host.AskAsync($"POST /q/{queue}/{stale}", "release=0")).Is(204);

        // The receipt is stale while the message is ready, and while it is leased to another consumer.
        await IsRefusedAsync(way, queue, stale);
        (await Host.LeaseAsync(queue)).Text("receipt").Should().Be($"{queue}:1.2");
        await IsRefusedAsync(way, queue, stale);
        (await Host.AskAsync($"DELETE /q/{queue}/{queue}:1.2")).Is(204);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Settle_DeletedMessage_IsUnknown(string way)
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, ["one", "two"]);
        var gone = (await Host.LeaseAsync(queue)).Text("receipt")!;
        (await Host.AskAsync($"DELETE /q/{queue}/{gone}")).Is(204);

        await IsRefusedAsync(way, queue, gone, 404);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Settle_LeaseExpired_ChangesNothing(string way)
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, "one");
        var stale = (await Host.LeaseAsync(queue, seconds: 1)).Text("receipt")!;
        await Eventually.TrueAsync(async () => (await Host.StatsAsync(queue)).Number("ready") == 1, "the lease ends");

        await IsRefusedAsync(way, queue, stale);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Settle_CurrentReceipt_Succeeds(string way)
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, "one");
        var receipt = (await Host.LeaseAsync(queue)).Text("receipt")!;
        var before = await SeenAsync(queue);

        var reply = await SettleAsync(way, queue, receipt);

        if (Ways[way].Answer is { } answer) reply.Is(200).Json.GetProperty(answer).GetBoolean().Should().BeTrue();
        else reply.Is(204).IsNoContent();
        (await SeenAsync(queue)).Should().NotBe(before);
    }

    private async Task IsRefusedAsync(string way, string queue, string receipt, int status = 409)
    {
        var before = await SeenAsync(queue);
        var reply = await SettleAsync(way, queue, receipt);
        if (Ways[way].Answer is { } answer) reply.Is(200).Json.GetProperty(answer).GetBoolean().Should().BeFalse();
        else reply.Is(status).IsProblem(status, status == 409 ? "stale-receipt" : "not-found");
        (await SeenAsync(queue)).Should().Be(before);
    }

    private Task<RawReply> SettleAsync(string way, string queue, string receipt)
    {
        var (request, body, _) = Ways[way];
        return Host.AskAsync(string.Format(request, queue, receipt), string.Format(body, queue, receipt));
    }

    // Returns the messages of each state and the counts, without the age, which changes by itself.
    private async Task<string> SeenAsync(string queue)
    {
        var seen = new List<string>();
        foreach (var state in new[] { "ready", "leased", "delayed", "dead" })
            seen.Add((await Host.AskAsync($"GET /j/{queue}?state={state}")).Is(200).Json.GetProperty("messages").GetRawText());
        var counts = (await Host.StatsAsync(queue)).EnumerateObject().Where(member => member.Name != "oldest_age");
        return string.Join("\n", [.. seen, .. counts.Select(member => member.ToString())]);
    }

    public sealed class OnMemory(MemoryHost host) : SettleTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : SettleTests(host), IClassFixture<RedisHost>;
}
