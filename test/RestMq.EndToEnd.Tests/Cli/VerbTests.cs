namespace RestMq.EndToEnd.Cli;

/// <summary>
/// Tests every verb with the same arguments and the same output, both on an engine in its own process and over HTTP.
/// </summary>
public abstract class VerbTests(HostFixture fixture)
{
    private const int Refused = 1;
    private const int Empty = 2;
    private const int Unavailable = 3;

    protected RestMqHost Host => fixture.Host;

    /// <summary>Gets the option that selects the queues.</summary>
    protected abstract string Where { get; }

    [Fact]
    public async Task Produce_SeveralMessages_CanBeCountedReadAndConsumed()
    {
        var queue = Host.NextQueue();
        (await DoAsync("produce", queue, "foobar", "日本 語")).Should().Be($"{queue}:1\n{queue}:2");
        (await DoAsync("produce", queue, "--json", """{"a":[1,null]}""")).Should().Be($"{queue}:3");
        (await DoAsync("count", queue)).Should().Be("3");
        (await DoAsync("look", queue)).Should().Be($$"""{"queue":"{{queue}}","key":"{{queue}}:1","value":"foobar","count":1}""");
        (await DoAsync("look", queue, "--raw")).Should().Be("foobar");
        (await DoAsync("consume", queue)).Should().Be($$"""{"key":"{{queue}}:1","value":"foobar","count":3}""");
        (await DoAsync("consume", queue, "--raw", "--max", "5")).Should().Be("日本 語\n{\"a\":[1,null]}");
        (await DoAsync("count", queue)).Should().Be("0");
        await Host.IsEmptyAsync(queue);
    }

    [Fact]
    public async Task Consume_DeeplyNestedJson_IsKept()
    {
        var queue = Host.NextQueue();
        var deep = new string('[', 64) + new string(']', 64);
        (await Host.AskAsync($"POST /q/{QueueActions.InUrl(queue)}", deep, "Content-Type: application/json")).Is(200);
        (await DoAsync("last", queue, "--raw")).Should().Be(deep);
        (await DoAsync("look", queue)).Should().Contain(deep);
        (await DoAsync("consume", queue, "--raw")).Should().Be(deep);
    }

    [Fact]
    public async Task Produce_StandardInput_AddsEachLine()
    {
        var queue = Host.NextQueue();
        var (code, output) = await Verb.ShellAsync($"printf 'one\\ntwo\\n' | $restmq produce {queue} {Where}");
        (code, output).Should().Be((0, $"{queue}:1\n{queue}:2"));
        (await Host.TakeValueAsync(queue)).Should().Be("one");
        (await Host.TakeValueAsync(queue)).Should().Be("two");
    }

    [Fact]
    public async Task Stats_SeveralStates_PrintsCounts()
    {
        var queue = Host.NextQueue();
        await DoAsync("produce", queue, "one", "two");
        await DoAsync("produce", queue, "later", "--delay", "100");
        await DoAsync("consume", queue);
        var lines = (await DoAsync("stats", queue)).Split('\n');
        lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Should().Equal(
            "queue", "ready", "leased", "delayed", "dead", "added", "settled", "expired", "oldest", "s", "consumers", "policy", "durability", "state");
        var cells = lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        cells.Should().HaveCount(13).And.StartWith([queue, "1", "0", "1", "0", "3", "1", "0"]).And.EndWith(["broadcast", "stored", "started"]);
        (await DoAsync("stats")).Split('\n').Should().Contain(line => line.StartsWith(queue + " ", StringComparison.Ordinal));
        (await DoAsync("last", queue, "--raw")).Should().Be("two");
        (await DoAsync("last", queue, "--state", "delayed")).Should().Contain("\"value\":\"later\"").And.Contain("\"state\":\"delayed\"");
    }

    [Fact]
    public async Task Policy_SetAndRead_PrintsIt()
    {
        var queue = Host.NextQueue();
        (await DoAsync("policy", queue)).Should().Be("broadcast");
        (await DoAsync("policy", queue, "roundrobin")).Should().Be("roundrobin");
        (await DoAsync("policy", queue, "--durability", "stored")).Should().Be("roundrobin\nstored");
        (await DoAsync("produce", queue, "x", "--durability", "stored")).Should().Be($"{queue}:1");
        (await Host.AskAsync($"GET /p/{QueueActions.InUrl(queue)}")).Json.Text("value").Should().Be("roundrobin");
    }

    [Fact]
    public async Task Listen_MessagesAdded_PrintsThemAndExitsWithZero()
    {
        var queue = Host.NextQueue();
        await Host.PostAsync(queue, "before");
        await using (var listening = Verb.Start("listen", queue, Where))
        {
            await listening.WaitForLineAsync(line => line == $$"""{"key":"{{queue}}:1","value":"before","count":1,"id":1}""");
            await Host.PostAsync(queue, "now");
            await listening.WaitForLineAsync(line => line == $$"""{"key":"{{queue}}:2","value":"now","count":1,"id":2}""");
            listening.Signal(15);
            (await listening.WaitForExitAsync(TimeSpan.FromSeconds(10))).Should().Be(0);
        }
        await using var again = Verb.Start("listen", queue, "--after", "1", "--raw", Where);
        await again.WaitForLineAsync(line => line == "now");
        again.Output.Should().Be("now");
        await Host.AskAsync($"DELETE /q/{QueueActions.InUrl(queue)}");
        (await again.WaitForExitAsync(TimeSpan.FromSeconds(10))).Should().Be(0, "a purge ends every stream");
    }

    [Fact]
    public async Task Verb_Failure_ExitsWithMatchingCode()
    {
        var queue = Host.NextQueue();
        (await Verb.RunAsync("consume", queue, Where)).Should().Be((Empty, "empty queue"));
        (await Verb.RunAsync("consume", queue, "--wait", "0.2", Where)).Code.Should().Be(Empty);
        (await Verb.RunAsync("look", queue, Where)).Should().Be((Empty, "empty queue"));
        (await Verb.RunAsync("consume", queue, "--wait", "99", Where)).Should().Match<(int Code, string Output)>(
            run => run.Code == Refused && run.Output.Contains("between 0 and 60 seconds, but was 99"));
        (await Verb.RunAsync("produce", queue, "--json", "{", Where)).Should().Be((Refused, "With '--json', a value must be JSON, but was '{'."));
        (await Verb.RunAsync("produce", "a b", "x", Where)).Output.Should().Contain("A queue name must contain no");
        (await Verb.RunAsync("prodcue", queue, Where)).Should().Match<(int Code, string Output)>(run => run.Code == Refused && run.Output.Contains("produce"));
        (await Verb.RunAsync("count", queue, $"{Where[..Where.LastIndexOf(':')]}:1")).Code.Should().Be(Unavailable);
    }

    private async Task<string> DoAsync(params string[] arguments)
    {
        var (code, output) = await Verb.RunAsync([.. arguments, Where]);
        code.Should().Be(0, output);
        return output;
    }

    [Fact]
    public async Task Consume_OutputClosed_ReturnsMessages()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, Enumerable.Range(1, 100).Select(i => $"{i} {new string('x', 10_000)}"));
        await Verb.ShellAsync($"$restmq consume {queue} --raw --max 100 {Where} | head -n 1");
        // Some messages are in the pipe, where they are lost unnoticed. Most of the messages are not.
        (await Host.StatsAsync(queue)).Number("leased").Should().Be(0);
        (await Host.StatsAsync(queue)).Number("ready").Should().BeGreaterThan(50);
    }

    public sealed class OnTheEngine(RedisHost host) : VerbTests(host), IClassFixture<RedisHost>
    {
        // Uses the same long timeout as the hosts of the tests, for a Redis on a busy machine.
        protected override string Where => $"--RestMq:Redis={Host.Redis!.Address},asyncTimeout=15000";

        [Fact]
        public async Task Verb_HostSettings_AreHonored()
        {
            var queue = Host.NextQueue();
            string[] apart = ["--RestMq:KeyPrefix=apart:", "--RestMq:TakeLease=30"];
            (await DoAsync(["produce", queue, "one", .. apart])).Should().Be($"{queue}:1");
            (await DoAsync("count", queue)).Should().Be("0", "the queues of this host have another prefix");
            (await DoAsync(["consume", queue, "--raw", .. apart])).Should().Be("one");
            var (code, output) = await Verb.RunAsync("count", queue, Where, "--RestMq:TakeLaese=30");
            code.Should().Be(Refused);
            output.Should().Contain("There is no setting RestMq:TakeLaese");
        }
    }

    public sealed class OverHttp(RedisHost host) : VerbTests(host), IClassFixture<RedisHost>
    {
        protected override string Where => $"--url=http://127.0.0.1:{Host.Port}";
    }

    public sealed class OverHttpInMemory(MemoryHost host) : VerbTests(host), IClassFixture<MemoryHost>
    {
        protected override string Where => $"--url=http://127.0.0.1:{Host.Port}";
    }

    public sealed class WithAKey : IAsyncLifetime
    {
        private RestMqHost _host = null!;

        private string Url => $"http://127.0.0.1:{_host.Port}";

        public async Task InitializeAsync() => _host = await RestMqHost.StartAsync(
            StoreKind.Memory, null, "--Access:Keys:0:Name=shop", "--Access:Keys:0:Secret=s3cret", "--Access:Keys:0:Roles:0=produce", "--Access:Keys:0:Roles:1=stream",
            "--Access:Users:0:Name=lero", "--Access:Users:0:Secret=pass:w@rd", "--Access:Users:0:Roles:0=consume", "--Access:Users:0:Roles:1=admin");

        public Task DisposeAsync() => _host.DisposeAsync().AsTask();

        [Fact]
        public async Task Key_ByOptionEnvironmentOrUrl_IsSent()
        {
            (await Verb.RunAsync("produce", "a", "one", "--url", Url, "--key", "s3cret")).Should().Be((0, "a:1"));
            (await Verb.ShellAsync($"RESTMQ_KEY=s3cret $restmq produce a two --url {Url}")).Should().Be((0, "a:2"));
            var withUser = Url.Replace("//", "//lero:pass%3Aw%40rd@");
            (await Verb.RunAsync("count", "a", "--url", withUser)).Should().Be((0, "2"));
            (await Verb.ShellAsync($"RESTMQ_KEY=s3cret $restmq stats a --url {withUser}")).Code.Should().Be(0,
                "the user in the URL wins over the key");
            await using var listening = Verb.Start("listen", "a", "--url", Url, "--key=s3cret");
            await listening.WaitForLineAsync(line => line.Contains("\"value\":\"one\""));
        }

        [Theory]
        [InlineData("count a", "Set credentials: --key")]
        [InlineData("count a --key nope", "Set credentials: --key")]
        [InlineData("count a --key s3cret", "may not take from the queue a")]
        public async Task Verb_CallerNotAllowed_IsTold(string arguments, string said)
        {
            var (code, output) = await Verb.RunAsync([.. arguments.Split(' '), "--url", Url]);
            code.Should().Be(Refused);
            output.Should().Contain(said);
        }

        [Fact]
        public async Task Verb_PasswordInUrl_IsNotPrinted()
        {
            var unavailable = await Verb.RunAsync("count", "a", "--url", "http://lero:hidden@127.0.0.1:1");
            unavailable.Code.Should().Be(Unavailable);
            unavailable.Output.Should().NotContain("hidden");
            (await Verb.RunAsync("count", "a", "--key", "s3cret", "--RestMq:Redis=localhost:1")).Output.Should().Contain("'--key' must be combined with '--url'");
        }
    }

    public sealed class Alone
    {
        [Fact]
        public async Task Verb_WithoutRedis_SaysHowToConnect()
        {
            var (code, output) = await Verb.RunAsync("count", "test");
            code.Should().Be(Refused);
            output.Should().Contain("--url http://localhost:8888").And.Contain("--RestMq:Redis=localhost:6379");
        }

        [Fact]
        public async Task Produce_UnreadableInput_Fails() =>
            (await Verb.ShellAsync("$restmq produce test --url http://127.0.0.1:1 < /")).Should().Be((1, "Is a directory"));

        [Theory]
        [InlineData("--help", "produce <queue>")]
        [InlineData("produce --help", "--delay <seconds>")]
        [InlineData("listen --help", "--after <id>")]
        [InlineData("listen --help", "--key <key>")]
        [InlineData("listen --help", "RESTMQ_KEY")]
        public async Task Help_EachVerb_ListsOptions(string arguments, string wanted)
        {
            var (code, output) = await Verb.RunAsync(arguments.Split(' '));
            code.Should().Be(0);
            output.Should().Contain(wanted);
        }
    }
}
