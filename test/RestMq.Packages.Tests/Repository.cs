using System.Reflection;

namespace RestMq.Packages;

/// <summary>The repository that these tests are about.</summary>
internal static class Repository
{
    public static string Root { get; } = Metadata("Repository");

    /// <summary>Debug or Release: what the libraries beside these tests were built as.</summary>
    public static string Configuration { get; } = Metadata("Configuration");

    /// <summary>The libraries that are packed: their names are those of their folders.</summary>
    public static string[] Libraries { get; } =
    [
        .. Directory.GetFiles(Root, "*.csproj", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Where(IsPacked).Select(project => Path.GetFileNameWithoutExtension(project)).Order(StringComparer.Ordinal),
    ];

    public static string ProjectOf(string library) => Path.Combine(Root, library, $"{library}.csproj");

    public static string ReadmeOf(string library) => Path.Combine(Root, library, "README.md");

    private static bool IsPacked(string project)
    {
        var text = File.ReadAllText(project);
        return text.Contains("RestMq.Library.props", StringComparison.Ordinal) && !text.Contains("<IsPackable>false", StringComparison.Ordinal);
    }

    private static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
