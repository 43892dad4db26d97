namespace RestMq.EndToEnd.Examples;

/// <summary>Runs the examples of <c>samples/</c> as their README describes.</summary>
public abstract class ExampleTests(HostFixture fixture)
{
    private RestMqHost Host => fixture.Host;

    [Fact]
    public async Task RestTour_ByCurl_PrintsEveryReply()
    {
        var queue = Host.NextQueue();
        var output = await RunAsync("sh rest_tour.sh", queue);
        output.Should().Contain($"$ curl -d 'queue={queue}&value=foobar' http://127.0.0.1:{Host.Port}/\n",
            "each printed command can be pasted into a shell")
            .And.Contain("""$ curl -H 'Content-Type: application/json' -d '{"a":[1,null]}' http""");
        var lines = output.Split('\n').Where(line => line.Length > 0 && line[0] is not ('#' or '$')).ToArray();
        lines.Should().StartWith([
            $"{queue}:1", $"{queue}:2", $"{queue}:3",
            $$"""{"key":"{{queue}}:1","value":"foobar","count":1}""",
        ]);
        lines[4].Should().StartWith($$"""{"key":"{{queue}}:2","value":"second","count":0,"state":"ready",""");
        lines[5..11].Should().Equal(
            $$"""{"queue":"{{queue}}","len":2}""",
            $$"""{"key":"{{queue}}:2","value":"second","count":1,"receipt":"{{queue}}:2.1"}""",
            $"{queue}:4",
            $"{queue}:4",
            $$"""{"key":"{{queue}}:3","value":{"a":[1,null]},"count":1}""",
            $$"""{"key":"{{queue}}:4","value":"seventh","count":1}""");
        lines[11].Should().Be("204");
        lines[12].Should().Contain("roundrobin");
        lines[13].Should().Contain("\"added\":4,\"settled\":4");
        lines[14..].Should().Equal($$"""{"queue":"{{queue}}","status":1}""");
    }

    [Fact]
    public async Task XmlRpcClient_InPython_PrintsEveryReply()
    {
        var queue = Host.NextQueue();
        var lines = (await RunAsync("python3 xmlrpc_client.py", queue)).Split('\n');
        lines[0].Should().Contain("set, ");
        lines[1..].Should().Equal(
            $"set: {queue}:1", $"set: {queue}:2", "len: 2", $"get: {queue}:1 tuna 1", $"get: {queue}:2 café 1", "fault: 8002 empty queue");
    }

    [Fact]
    public async Task CometConsumer_MessagesAdded_PrintsThem()
    {
        var queue = Host.NextQueue();
        await using var consumer = Start("python3 comet.py", queue, "2");
        await consumer.WaitForLineAsync(line => line == "listening");
        await Host.PostAsync(queue, "one");
        await consumer.WaitForLineAsync(line => line == $"{queue}:1 one");
        await Host.PostAsync(queue, "zwei ü");
        await EndsAsync(consumer);
        consumer.Output.Should().Be($"listening\n{queue}:1 one\n{queue}:2 zwei ü");
    }

    [Theory]
    [InlineData("broadcast")]
    [InlineData("roundrobin")]
    public async Task CometMany_TenConsumers_ShareByPolicy(string policy)
    {
        const int Consumers = 10;
        const int Messages = 30;
        var queue = Host.NextQueue();
        await Host.SetPolicyAsync(queue, policy);
        await using var many = Start("python3 comet_many.py", queue, $"{Consumers}", $"{(policy == "broadcast" ? Consumers * Messages : Messages)}");
        await many.WaitForLineAsync(line => line == $"{Consumers} listening");
        await Host.PostAllAsync(queue, Enumerable.Range(1, Messages).Select(i => $"{i}"));
        await EndsAsync(many);
        var got = many.Output.Split('\n')[1..].Select(line => line.Split(": ")).ToLookup(line => line[0], line => int.Parse(line[1]));
        got.Should().HaveCount(Consumers);
        if (policy == "broadcast") got.Should().AllSatisfy(consumer => consumer.Should().Equal(Enumerable.Range(1, Messages)));
        else got.SelectMany(consumer => consumer).Should().BeEquivalentTo(Enumerable.Range(1, Messages), "each message goes to one consumer");
    }

    [Fact]
    public async Task Feed_ReadTwice_AddsEachEntryOnce()
    {
        var queue = Host.NextQueue();
        var first = await RunAsync("python3 feed.py", queue);
        first.Split('\n').Should().HaveCount(5).And.StartWith($"{queue}:1 A queue by curl");
        (await RunAsync("python3 feed.py", queue)).Should().Be(first, "reading the same feed again adds nothing");
        (await Host.StatsAsync(queue)).Number("ready").Should().Be(5);
        (await Host.TakeAsync(queue)).GetProperty("value").Text("link").Should().Be("https://example.org/notes/curl");
    }

    [Theory]
    [InlineData("")]
    [InlineData("--frequencies")]
    public async Task MapReduce_TwoMappers_CountsWords(string option)
    {
        var output = await RunAsync("sh mapreduce/run.sh", [.. option.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        var lines = output.Split('\n');
        lines.Count(line => line.StartsWith("parts-", StringComparison.Ordinal)).Should().Be(8,
            $"each part goes to one mapper:\n{output}");
        lines.Where(line => !line.StartsWith("parts-", StringComparison.Ordinal)).Should().Equal(option.Length == 0
            ? ["8 parts, 544 words"]
            : ["8 parts, 544 words", "26 the", "22 to", "21 she", "18 it", "16 of", "15 and", "13 a", "13 was", "11 down", "10 her"]);
        (await Host.QueuesAsync()).Should().NotContain(name => name.StartsWith("parts-") || name.StartsWith("results-"),
            "the queues are purged after the last result");
    }

    private static async Task EndsAsync(ChildProcess example) => (await example.WaitForExitAsync(TimeSpan.FromSeconds(60))).Should().Be(0, $"{example}");

    private async Task<string> RunAsync(string example, params string[] arguments)
    {
        await using var running = Start(example, arguments);
        await EndsAsync(running);
        return running.Output;
    }

    private ChildProcess Start(string example, params string[] arguments) => new(
        "env",
        ["-C", Path.Combine(AppContext.BaseDirectory, "samples"), $"RESTMQ=http://127.0.0.1:{Host.Port}", "PYTHONIOENCODING=utf-8", .. example.Split(' '), .. arguments],
        "These tests need env, sh, curl and python3 on the PATH.");

    public sealed class OnMemory(MemoryHost host) : ExampleTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : ExampleTests(host), IClassFixture<RedisHost>;
}
