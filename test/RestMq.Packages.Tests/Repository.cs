using System.Reflection;

namespace RestMq.Packages;

/// <summary>Describes the repository that these tests check.</summary>
internal static class Repository
{
    public static string Root { get; } = Metadata("Repository");

    /// <summary>Gets the configuration in which the libraries were built, Debug or Release.</summary>
    public static string Configuration { get; } = Metadata("Configuration");

    /// <summary>Gets the names of the packed libraries, which are also the names of their folders.</summary>
    public static string[] Libraries { get; } =
    [
        .. Directory.GetFiles(Root, "*.csproj", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Where(IsPacked).Select(project => Path.GetFileNameWithoutExtension(project)).Order(StringComparer.Ordinal),
    ];

    /// <summary>Gets the name of the program that is packed as a tool of .NET.</summary>
    public const string Tool = "RestMq.Sample";

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
