namespace RestMq.Packages;

/// <summary>
/// Runs the client snippets of the README and docs/how-to/use-the-client.md in a program outside this repository,
/// against a site outside it.
/// </summary>
[Collection(PackedFolder.Name)]
public sealed class ClientProgramTests(PackedFolder packed)
{
    private const string JsonHeader = "Content-Type: application/json";
    private const string Page = "as the client's page says";
    private const string Address = "\"http://localhost:8888\"";

    [Fact]
    public async Task Run_ConsoleProgram_DoesWhatDocumentationShows()
    {
        var client = await BuildAsync();
        await using var site = await FreshSite.StartAsync(packed);

        await UsesAsync(Run("dotnet", [client], site, "use", Page));
        (await site.AskAsync("GET /mq/stats/orders"))
            .Should().Contain("\"ready\":1,\"leased\":0,\"delayed\":1", "one message was taken, and one was acked");

        await using (var consume = Run("dotnet", [client], site, "consume", Page))
        {
            await consume.WaitForLineAsync(line => line == "Bo");
            await AddAsync(site, "Di");
            await consume.WaitForLineAsync(line => line == "Di");
            await EndAsync(consume);
        }
        await using (var consume = Run("dotnet", [client], site, "consume leased", Page))
        {
            await AddAsync(site, "Ed");
            await consume.WaitForLineAsync(line => line == "Ed");
            await SettledAsync(site, 5);
            await EndAsync(consume);
        }
        await UsesTypeInfosAsync(Run("dotnet", [client], site, "use type infos", Page), site, settled: 8, "orders:7: Zoë", "orders:8: Ann", "orders:9: Bo");
        await using (var handle = Run("dotnet", [client], site, "handle", "as the README says"))
        {
            await AddAsync(site, "Flo");
            await handle.WaitForLineAsync(line => line == "handled orders:10: Flo");
            await SettledAsync(site, 9);
            await EndAsync(handle);
        }
    }

    [Fact]
    public async Task Publish_TrimmedProgram_RunsWithoutWarnings()
    {
        await BuildAsync();
        await using var site = await FreshSite.StartAsync(packed);
        var client = await packed.PublishAsync("client", "PublishTrimmed=true", "PublishSingleFile=true", "TrimmerSingleWarn=false");
        new FileInfo(client).Length.Should().BeLessThan(30_000_000, "an untrimmed program is more than twice as large");

        await UsesAsync(Run(client, [], site, "use", "with a context"));
        await UsesTypeInfosAsync(Run(client, [], site, "use type infos", Page), site, settled: 6, "orders:3: Bo", "orders:5: Zoë", "orders:6: Ann", "orders:7: Bo");
        await using (var use = Run(client, [], site, "use", Page))
        {
            (await use.WaitForExitAsync(TimeSpan.FromSeconds(60)))
                .Should().NotBe(0, "without reflection and without a context the client cannot serialize an order");
            use.Output.Should().Contain("NotSupportedException");
        }
    }

    private Task<string> BuildAsync()
    {
        var program = Snippet.ProgramOf("client");
        program.Split(Address).Should().HaveCount(4, "three snippets contain the address of the host");
        return packed.BuildAsync("console", "client", program.Replace(Address, "args[0]"), "RestMq.Client", "RestMq.Consumers", "Microsoft.Extensions.Hosting --version 10.0.15");
    }

    private static ChildProcess Run(string program, string[] arguments, FreshSite site, string what, string how) =>
        new(program, [.. arguments, site.Address, what, how], "These tests need dotnet on the PATH.");

    private static async Task UsesAsync(ChildProcess process)
    {
        await using var use = process;
        (await use.WaitForExitAsync(TimeSpan.FromSeconds(60))).Should().Be(0, $"{use}");
        use.Output.Should().Be("orders:1: Zoë");
    }

    private static async Task UsesTypeInfosAsync(ChildProcess process, FreshSite site, int settled, params string[] lines)
    {
        await using var use = process;
        await use.WaitForLineAsync(line => line == lines[^1]);
        await SettledAsync(site, settled);
        await EndAsync(use);
        use.Output.Should().Be(string.Join('\n', lines));
    }

    private static async Task AddAsync(FreshSite site, string customer) =>
        (await site.AskAsync("POST /mq/q/orders", $$"""{"id":11,"customer":"{{customer}}"}""", JsonHeader)).Should().StartWith("orders:");

    private static Task SettledAsync(FreshSite site, int count) =>
        Eventually.TrueAsync(
            async () => await site.AskAsync("GET /mq/stats/orders") is var stats && stats.Contains($"\"settled\":{count},") && stats.Contains("\"leased\":0"),
            $"{count} messages are settled");

    // Sends SIGTERM, which ends a .NET host like Ctrl+C or a service manager does.
    private static async Task EndAsync(ChildProcess process)
    {
        process.Signal(15);
        (await process.WaitForExitAsync(TimeSpan.FromSeconds(60))).Should().Be(0, $"{process}");
    }
}
