using System.Xml.Linq;

namespace RestMq.Packages;

/// <summary>Tests the contents of the packages, and their use in applications outside this repository.</summary>
[Collection(PackedFolder.Name)]
public sealed class PackageTests(PackedFolder packed)
{
    private const string JsonHeader = "Content-Type: application/json";

    private static readonly Dictionary<string, string[]> Dependencies = new()
    {
        ["RestMq.Abstractions"] = [],
        ["RestMq.Core"] =
        [
            "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Diagnostics.HealthChecks",
            "Microsoft.Extensions.Hosting.Abstractions", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options", "RestMq.Abstractions", "StackExchange.Redis",
        ],
        ["RestMq.AspNetCore"] = ["RestMq.Core"],
        ["RestMq.Client"] = ["Microsoft.Extensions.Http", "RestMq.Abstractions"],
        ["RestMq.Consumers"] =
        [
            "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Hosting.Abstractions",
            "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options", "RestMq.Abstractions",
        ],
        ["RestMq.OpenApi"] = ["Microsoft.AspNetCore.OpenApi", "RestMq.AspNetCore"],
        ["RestMq.Server"] =
        [
            "OpenTelemetry.Exporter.OpenTelemetryProtocol", "OpenTelemetry.Exporter.Prometheus.AspNetCore",
            "OpenTelemetry.Extensions.Hosting", "RestMq.AspNetCore", "RestMq.OpenApi", "Scalar.AspNetCore", "System.CommandLine",
        ],
    };

    public static TheoryData<string> Libraries => [.. Repository.Libraries];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Pack_EachLibrary_HoldsExpectedFilesAndMetadata(string library)
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
            .Should().BeEquivalentTo(Dependencies[library], "a new dependency must be a deliberate decision");

        string? Text(string name) => spec.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value;
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Readme_EachPackage_StandsAlone(string library)
    {
        using var package = packed.Open(library, "nupkg");
        using var reader = new StreamReader(package.GetEntry("README.md")!.Open());
        var readme = reader.ReadToEnd();
        readme.Should().StartWith($"# {library}\n").And.Contain("dotnet add package ").And.Contain("```csharp");
        readme
            .Should().NotMatchRegex(@"\]\((?!https://)", "a link to a file of the repository does not work outside it");
    }

    [Fact]
    public async Task Embed_NewSite_ServesQueuesAsReadmeShows()
    {
        await using var site = await FreshSite.StartAsync(packed);
        (await site.AskAsync("POST /mq/q/test", "value=foobar")).Should().Be("test:1\r\n");
        (await site.AskAsync("GET /mq/q/test")).Should().Be("{\"key\":\"test:1\",\"value\":\"foobar\",\"count\":1}\r\n");
        (await site.AskAsync("POST /orders", """{"number":7,"item":"tuna"}""", JsonHeader)).Should().Be("orders:1");
        await site.AskAsync("POST /mq/p/orders", "max_length=1");
        (await site.StatusAsync("POST /orders", """{"number":8,"item":"tuna"}""", JsonHeader))
            .Should().Be(429, "a refused message must not look like an added one");
        (await site.AskAsync("GET /mq/q/orders")).Should().Be("{\"key\":\"orders:1\",\"value\":{\"Number\":7,\"Item\":\"tuna\"},\"count\":1}\r\n");
        (await site.Redis.KeysAsync()).Should().Contain("restmq:{orders}:meta");
    }

    [Fact]
    public async Task Run_ConsoleProgram_HasQueuesInMemory()
    {
        var program = await packed.BuildAsync("console", "tool", Snippet.CodeOf("console"), "RestMq.Core", "Microsoft.Extensions.Logging --version 10.0.15");
        await using var process = new ChildProcess("dotnet", [program], "These tests need dotnet on the PATH.");
        (await process.WaitForExitAsync(TimeSpan.FromSeconds(60))).Should().Be(0, $"{process}");
        process.Output.Should().Be("test:1 holds foobar");
    }
}
