using System.Xml.Linq;

namespace RestMq.Packages;

/// <summary>What is in the packages, and what they do in applications that know nothing of this repository.</summary>
public sealed class PackageTests(PackedFolder packed) : IClassFixture<PackedFolder>
{
    private const string JsonHeader = "Content-Type: application/json";

    private static readonly Dictionary<string, string[]> Dependencies = new()
    {
        ["RestMq.Core"] =
        [
            "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Diagnostics.HealthChecks",
            "Microsoft.Extensions.Hosting.Abstractions", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options", "RestMq.Consumers", "StackExchange.Redis",
        ],
        ["RestMq.AspNetCore"] = ["RestMq.Core"],
        ["RestMq.Client"] = ["Microsoft.Extensions.Http", "RestMq.Consumers"],
        ["RestMq.Consumers"] =
        [
            "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Hosting.Abstractions",
            "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options",
        ],
    };

    public static TheoryData<string> Libraries => [.. Repository.Libraries];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_package_holds_what_people_expect(string library)
    {
        using var package = packed.Open(library, "nupkg");
        package.Entries.Select(entry => entry.FullName).Should().Contain(["README.md", "icon.png", $"lib/net10.0/{library}.dll", $"lib/net10.0/{library}.xml"]);
        using var symbols = packed.Open(library, "snupkg");
        symbols.Entries.Select(entry => entry.FullName).Should().Contain($"lib/net10.0/{library}.pdb");

        using var stream = package.GetEntry($"{library}.nuspec")!.Open();
        var spec = XDocument.Load(stream).Root!.Elements().Single();
        Text("license").Should().Be("MIT");
        Text("readme").Should().Be("README.md");
        Text("icon").Should().Be("icon.png");
        Text("description").Should().NotBeNullOrWhiteSpace().And.NotBe("Package Description");
        spec.Descendants().Where(element => element.Name.LocalName == "dependency").Select(element => element.Attribute("id")!.Value)
            .Should().BeEquivalentTo(Dependencies[library], "a dependency more is a decision");

        string? Text(string name) => spec.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value;
    }

    [Fact]
    public async Task A_site_embeds_the_queues_as_the_README_says()
    {
        await using var redis = await RedisServer.StartAsync();
        var program = Snippet.CodeOf("embed").Replace("localhost:6379", redis.Address).Replace("app.Run();", Snippet.CodeOf("engine") + "app.Run();")
            + "internal sealed record Order(int Number, string Item);";
        program.Should().Contain(redis.Address).And.Contain("MapPost(\"/orders\"", "the snippets are what they were when this was written");
        var site = await packed.BuildAsync("web", "site", $"using RestMq;\nusing System.Text.Json;\n{program}", "RestMq.AspNetCore");

        await using var process = new ChildProcess("dotnet", [site, "--urls", "http://127.0.0.1:0"], "These tests need dotnet on the PATH.");
        var line = await process.WaitForLineAsync(line => line.Contains("Now listening on: http://127.0.0.1:", StringComparison.Ordinal));
        await using var connection = await RawConnection.OpenAsync(int.Parse(line.Split(':')[^1]));
        (await connection.AskAsync("POST /mq/q/test", "value=foobar")).Text.Should().Be("test:1\r\n");
        (await connection.AskAsync("GET /mq/q/test")).Text.Should().Be("{\"key\":\"test:1\",\"value\":\"foobar\",\"count\":1}\r\n");
        (await connection.AskAsync("POST /orders", """{"number":7,"item":"tuna"}""", JsonHeader)).Text.Should().Be("orders:1");
        (await connection.AskAsync("GET /mq/q/orders")).Text.Should().Be("{\"key\":\"orders:1\",\"value\":{\"Number\":7,\"Item\":\"tuna\"},\"count\":1}\r\n");
        (await redis.KeysAsync()).Should().Contain("restmq:{orders}:meta");
    }

    [Fact]
    public async Task A_console_program_has_queues_in_its_own_memory()
    {
        var program = await packed.BuildAsync("console", "tool", Snippet.CodeOf("console"), "RestMq.Core", "Microsoft.Extensions.Logging --version 10.0.15");
        await using var process = new ChildProcess("dotnet", [program], "These tests need dotnet on the PATH.");
        (await process.WaitForExitAsync(TimeSpan.FromSeconds(60))).Should().Be(0, $"{process}");
        process.Output.Should().Be("test:1 holds foobar");
    }
}
