using System.Text.RegularExpressions;

namespace RestMq.EndToEnd.Examples;

/// <summary>
/// Runs the curl tour of the documentation line by line on a new host, as a newcomer does. Each line must succeed and
/// print the keys and receipts that its comment shows.
/// </summary>
public sealed partial class TourTests : IDisposable
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(RestMqHost.Program)!, "../../../.."));

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("restmq-tour-");

    [Theory]
    [InlineData(StoreKind.Memory)]
    [InlineData(StoreKind.Redis)]
    public async Task DocumentationTour_LineByLine_DoesWhatItSays(StoreKind store)
    {
        await using var host = await RestMqHost.StartAsync(store);
        File.Copy(Path.Combine(Root, "icon.png"), Path.Combine(_folder.FullName, "icon.png"));
        var readme = await File.ReadAllTextAsync(Path.Combine(Root, "docs/getting-started/first-steps.md"));
        var tour = readme[readme.IndexOf("## A tour by curl", StringComparison.Ordinal)..readme.IndexOf("## In an application", StringComparison.Ordinal)];
        var lines = Blocks().Matches(tour).SelectMany(block => block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        lines.Should().HaveCountGreaterThan(20);

        var open = new List<(string Line, ChildProcess Process)>();
        foreach (var line in lines)
        {
            var process = Run(line, host.Port);
            if (line.Contains(" -N ", StringComparison.Ordinal))
            {
                open.Add((line, process)); // A stream stays open. A user runs it in a second terminal.
                continue;
            }
            await using var one = process;
            (await one.WaitForExitAsync(TimeSpan.FromSeconds(60))).Should().Be(0, $"{line}: {one}");
            var comment = line.IndexOf("  # ", StringComparison.Ordinal) is >= 0 and var at ? line[at..] : "";
            foreach (Match promised in Promised().Matches(comment)) one.Output.Should().Contain(promised.Value, line);
        }
        open.Should().NotBeEmpty();
        foreach (var (_, process) in open)
        {
            await process.WaitForLineAsync(said => said.Contains("\"key\"", StringComparison.Ordinal));
            await process.DisposeAsync();
        }
        File.ReadAllBytes(Path.Combine(_folder.FullName, "copy.png")).Should().Equal(File.ReadAllBytes(Path.Combine(Root, "icon.png")));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private ChildProcess Run(string line, int port)
    {
        var command = line.Replace("http://localhost:8888", $"http://127.0.0.1:{port}", StringComparison.Ordinal).Replace("curl ", "curl -sS --fail-with-body ", StringComparison.Ordinal);
        return new ChildProcess("sh", ["-c", $"cd '{_folder.FullName}' && {command}"], "These tests need a shell and curl.");
    }

    [GeneratedRegex(@"```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    // Matches a key or a receipt.
    [GeneratedRegex(@"\btest:\d+(\.\d+)?")]
    private static partial Regex Promised();
}
