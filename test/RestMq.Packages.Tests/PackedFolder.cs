using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Xml.Linq;

namespace RestMq.Packages;

/// <summary>
/// Packs the built libraries and the tool once for all tests, and builds applications that use the packages. The applications are in
/// their own folders outside the repository. All other packages come from the sources that this machine has configured.
/// </summary>
[CollectionDefinition(Name)]
public sealed class PackedFolder : IAsyncLifetime, ICollectionFixture<PackedFolder>
{
    /// <summary>The name of the collection of these tests.</summary>
    public const string Name = "Packed";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly string[] Strictly = ["-v", "q", "--nologo", "-warnaserror", "-p:WarningsNotAsErrors=NU1900"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("restmq-packages-");

    private readonly Dictionary<string, string> _built = [];

    private string Packages => Path.Combine(_folder.FullName, "packages");

    public async Task InitializeAsync()
    {
        foreach (var project in Repository.Libraries.Append(Repository.Tool))
            await DotnetAsync(Repository.Root, "pack", Repository.ProjectOf(project), "--no-build", "-c", Repository.Configuration, "-o", Packages);

        // The packed libraries get their own cache, because the machine's cache would keep stale ones. All other
        // packages are read from the machine's cache.
        var cache = (await DotnetAsync(Repository.Root, "nuget", "locals", "global-packages", "--list")).Split("global-packages:")[^1].Trim();
        var config = new XElement("configuration",
            new XElement("config", Add("globalPackagesFolder", Path.Combine(_folder.FullName, "cache"))),
            new XElement("fallbackPackageFolders", Add("machine", cache)),
            new XElement("packageSources", Add("packed", Packages)));
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "nuget.config"), config.ToString());

        static XElement Add(string key, string value) => new("add", new XAttribute("key", key), new XAttribute("value", value));
    }

    public Task DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>Opens a package as an archive.</summary>
    public ZipArchive Open(string library, string extension) => ZipFile.OpenRead(Directory.GetFiles(Packages, $"{library}.?.*.{extension}").Single());

    /// <summary>
    /// Creates an application from the SDK's template, adds packages, replaces its program, and builds it. Each name is
    /// built only once.
    /// </summary>
    /// <returns>The path of the built program.</returns>
    public async Task<string> BuildAsync(string template, string name, string program, params string[] packages)
    {
        if (_built.TryGetValue(name, out var built)) return built;
        var folder = Path.Combine(_folder.FullName, name);
        await DotnetAsync(_folder.FullName, "new", template, "-o", folder, "--no-restore");
        foreach (var package in packages) await DotnetAsync(folder, ["add", "package", .. package.Split(' ')]);
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), program);
        await DotnetAsync(folder, ["build", .. Strictly]);
        return _built[name] = Path.Combine(folder, "bin", "Debug", "net10.0", $"{name}.dll");
    }

    /// <summary>Publishes a built application for this machine, as self-contained.</summary>
    /// <returns>The path of the program.</returns>
    public async Task<string> PublishAsync(string name, params string[] properties)
    {
        var output = Path.Combine(_folder.FullName, name, "published");
        await DotnetAsync(
            Path.Combine(_folder.FullName, name),
            ["publish", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "--self-contained", "-o", output, .. properties.Select(property => $"-p:{property}"), .. Strictly]);
        return Path.Combine(output, name);
    }

    /// <summary>Installs a packed tool.</summary>
    /// <returns>The path of its command.</returns>
    public async Task<string> InstallToolAsync(string package, string command)
    {
        var folder = Path.Combine(_folder.FullName, "tools");
        await DotnetAsync(_folder.FullName, "tool", "install", package, "--tool-path", folder);
        return Path.Combine(folder, command);
    }

    private static async Task<string> DotnetAsync(string folder, params IEnumerable<string> arguments)
    {
        // No compiler server and no build server may outlive the test.
        string[] variables = ["MSBUILDDISABLENODEREUSE=1", "UseSharedCompilation=false", "DOTNET_CLI_USE_MSBUILD_SERVER=0", "DOTNET_NOLOGO=1"];
        await using var dotnet = new ChildProcess("env", ["-C", folder, "-u", "NUGET_PACKAGES", .. variables, "dotnet", .. arguments], "These tests need env and dotnet on the PATH.");
        var code = await dotnet.WaitForExitAsync(Patience);
        code.Should().Be(0, $"{dotnet}");
        return dotnet.Output;
    }
}
