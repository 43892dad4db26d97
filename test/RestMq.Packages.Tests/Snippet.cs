using System.Text.RegularExpressions;

namespace RestMq.Packages;

/// <summary>
/// Holds a block of C# in the documentation. The comment before the block has its name:
/// <c>&lt;!-- snippet: name --&gt;</c>.
/// </summary>
/// <param name="Name">The name. It is empty when the block has none.</param>
/// <param name="Where">The file and the line.</param>
/// <param name="Code">The code in the block.</param>
internal sealed partial record Snippet(string Name, string Where, string Code)
{
    /// <summary>Gets all blocks of README.md, docs/ and the packages' readmes.</summary>
    public static IReadOnlyList<Snippet> All { get; } =
    [
        .. Directory.GetFiles(Repository.Root, "*.md").Concat(Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories))
            .Concat(Repository.Libraries.Select(Repository.ReadmeOf)).Order(StringComparer.Ordinal).SelectMany(Of),
    ];

    /// <summary>
    /// Gets whether the block is in the repository's readme or in a package's readme. Newcomers read these first, so
    /// the block must show the usings that it needs.
    /// </summary>
    public bool IsFirst => Where.Contains("README.md", StringComparison.Ordinal);

    public static string CodeOf(string name) => All.Single(snippet => snippet.Name == name).Code;

    /// <summary>
    /// Returns a program of <c>Programs/</c>, in which the snippets replace the lines that name them.
    /// </summary>
    public static string ProgramOf(string name) =>
        UsingsFirst(Place().Replace(File.ReadAllText(Path.Combine(Repository.Root, "test", "RestMq.Packages.Tests", "Programs", $"{name}.cs")), line => CodeOf(line.Groups[1].Value)));

    /// <summary>
    /// Returns the code of several snippets as a file. Each using stands once at the top, where a reader puts it.
    /// </summary>
    public static string UsingsFirst(string code)
    {
        var lines = code.Split('\n').ToLookup(line => UsingDirective().IsMatch(line));
        return string.Join('\n', [.. lines[true].Select(line => line[..(line.IndexOf(';') + 1)]).Distinct(), .. lines[false]]);
    }

    private static IEnumerable<Snippet> Of(string file)
    {
        var text = File.ReadAllText(file).ReplaceLineEndings("\n");
        return Blocks().Matches(text).Select(match => new Snippet(
            match.Groups["name"].Value,
            $"{Path.GetRelativePath(Repository.Root, file)}:{text.AsSpan(0, match.Index).Count('\n') + 1}",
            match.Groups["code"].Value));
    }

    [GeneratedRegex(@"(<!-- snippet: (?<name>[\w-]+) -->\n)?```(csharp|cs|c#)\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"^using [\w.]+;")]
    private static partial Regex UsingDirective();

    [GeneratedRegex(@"^ *// snippet: ([\w-]+)$", RegexOptions.Multiline)]
    private static partial Regex Place();
}
