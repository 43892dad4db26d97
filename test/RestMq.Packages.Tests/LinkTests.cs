using System.Text.RegularExpressions;

namespace RestMq.Packages;

/// <summary>Tests the links of the documentation, because files move.</summary>
public sealed partial class LinkTests
{
    [Fact]
    public void Links_ToFiles_LeadToExistingFiles()
    {
        string[] folders = ["", ".github", "docs", "docs/getting-started", "docs/how-to", "docs/reference", "docs/explanation", "docs/adr", "samples"];
        var links = folders.SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.md")).SelectMany(file =>
            Link().Matches(File.ReadAllText(file)).Select(match => (File: file, Target: match.Groups[1].Value))).ToArray();

        links.Should().NotBeEmpty();
        links.Where(link => !Path.Exists(Path.Combine(Path.GetDirectoryName(link.File)!, link.Target)))
            .Select(link => $"{Path.GetRelativePath(Repository.Root, link.File)} → {link.Target}").Should().BeEmpty();
    }

    [GeneratedRegex(@"\]\(([^)#:]+)(#[^)]*)?\)")]
    private static partial Regex Link();
}
