using System.Text.RegularExpressions;

namespace RestMq.Packages;

/// <summary>A block of C# in the documentation, with the name in the comment before it: <c>&lt;!-- snippet: name --&gt;</c>.</summary>
/// <param name="Name">The name; empty when the block has none.</param>
/// <param name="Where">The file and line.</param>
/// <param name="Code">What stands in the block.</param>
internal sealed partial record Snippet(string Name, string Where, string Code)
{
    /// <summary>All blocks of README.md, docs/ and the packages' readmes.</summary>
    public static IReadOnlyList<Snippet> All { get; } =
    [
        .. Directory.GetFiles(Repository.Root, "*.md").Concat(Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md"))
            .Concat(Repository.Libraries.Select(Repository.ReadmeOf)).Order(StringComparer.Ordinal).SelectMany(Of),
    ];

    /// <summary>Whether a newcomer reads it first, and so has no usings but what he sees: the repository's readme and the packages' own.</summary>
    public bool IsFirst => Where.Contains("README.md", StringComparison.Ordinal);

    public static string CodeOf(string name) => All.Single(snippet => snippet.Name == name).Code;

    /// <summary>A program of <c>Programs/</c>, with the snippets in the place of the lines that name them.</summary>
    public static string ProgramOf(string name) =>
        UsingsFirst(Place().Replace(File.ReadAllText(Path.Combine(Repository.Root, "test", "RestMq.Packages.Tests", "Programs", $"{name}.cs")), line => CodeOf(line.Groups[1].Value)));

    /// <summary>Code of several snippets as a file: the usings at its head, where a reader puts them, each once.</summary>
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
