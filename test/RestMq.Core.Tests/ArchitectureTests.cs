using System.Reflection;
using System.Text.RegularExpressions;
using RestMq.Redis;

namespace RestMq;

/// <summary>Verifies rules about the structure of the sources. It reads the source files.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string[] Libraries = ["RestMq.Core", "RestMq.AspNetCore", "RestMq.Client", "RestMq.Consumers", "RestMq.Abstractions", "RestMq.Server", "RestMq.OpenApi"];

    /// <summary>
    /// Lists the event id of every log message. Operators filter logs by event id, so an id never changes its meaning.
    /// Add an entry here for each new log message.
    /// </summary>
    private static readonly (int Id, string Message)[] Events =
    [
        (1, "RedisSource.LogLost"),
        (2, "RedisSource.LogRestored"),
        (3, "RedisConnection.LogAway"),
        (4, "SentinelClient.LogAnswers"),
        (5, "SentinelClient.LogSilent"),
        (6, "SentinelSource.LogFollowed"),
        (7, "SentinelSource.LogLeft"),
        (8, "SentinelSource.LogRefused"),
        (9, "RedisSubscriptions.LogNotRenewed"),
        (10, "LostExchanges.LogGivenUp"),
        (11, "RedisFormat.LogNewer"),
        (12, "RedisFormat.LogMigrating"),
        (13, "RedisFormat.LogMigrated"),
        (14, "ReplicationBarrier.LogOther"),
        (15, "ReplicationBarrier.LogLost"),
        (17, "RedisProbe.LogNotSent"),
        (18, "RedisProbe.LogLost"),
        (19, "RedisProbe.LogProven"),
        (20, "QueuePump.LogFailed"),
        (21, "QueuePump.LogUnsettled"),
        (22, "RedisQueueIndex.Retry.LogPostponed"),
        (23, "RedisQueueIndex.Retry.LogAway"),
        (24, "RedisQueueIndex.Retry.LogBack"),
        (25, "LostExchanges.LogReturned"),
        (30, "StoreAnnouncement.LogMemory"),
        (31, "StoreAnnouncement.LogStore"),
        (32, "StoreAnnouncement.LogAway"),
        (33, "DeclaredQueuesService.LogChanged"),
        (34, "DeclaredQueuesService.LogAway"),
        (35, "DeclaredQueuesService.LogFailed"),
        (36, "StoreAnnouncement.LogLate"),
        (37, "RedisRights.LogMissing"),
        (40, "DeliverySender.LogFailed"),
        (41, "OpenHostWarning.LogOpen"),
        (60, "ConsumerService.LogStarted"),
        (61, "ConsumerLoop.LogAway"),
        (62, "ConsumerLoop.LogBack"),
        (63, "ConsumerService.LogFailed"),
        (64, "ConsumerService.LogBuried"),
        (65, "ConsumerService.LogCut"),
        (66, "ConsumerLoop.LogCapped"),
        (67, "ConsumerLoop.LogShortened"),
        (68, "ConsumerLoop.LogNotLet"),
        (70, "HeldMessage.LogLost"),
        (71, "HeldMessage.LogTooLate"),
        (72, "HeldMessage.LogUnsettled"),
        (73, "HeldMessage.LogRefused"),
        (74, "HeldMessage.LogUnrenewed"),
        (80, "StoreAnnouncement.LogWarning"),
        (81, "QueuePump.LogBehind"),
        (82, "QueuePump.LogFull"),
        (90, "LiveStream.LogLost"),
        (100, "AccessStore.LogRead"),
        (101, "AccessStore.LogMistakes"),
        (102, "AccessStore.LogUnreadable"),
    ];

    internal static string Root { get; } = FindRoot();

    [Fact]
    public void RedisClient_InSources_IsUsedOnlyByRedisFolderAndRegistration()
    {
        var core = Sources("RestMq.Core").Where(file => File.ReadAllText(file).Contains("StackExchange.Redis;")).Select(Relative).ToArray();

        core.Should().Contain(
            "RestMq.Core/RestMqServiceCollectionExtensions.cs", "the test must find at least one file");
        core.Where(file => !file.StartsWith("RestMq.Core/Redis/", StringComparison.Ordinal)).Should().Equal("RestMq.Core/RestMqServiceCollectionExtensions.cs");
        Libraries[1..].SelectMany(Sources).Where(file => File.ReadAllText(file).Contains("StackExchange")).Select(Relative).Should().BeEmpty();
    }

    [Fact]
    public void Core_References_ExcludeAspNetCore()
    {
        typeof(RestMqOptions).Assembly.GetReferencedAssemblies().Select(name => name.Name).Should().NotContain(name => name!.Contains("AspNetCore"));
        File.ReadAllText(Path.Combine(Root, "RestMq.Core", "RestMq.Core.csproj")).Should().NotMatchRegex("Reference Include=[^>]*AspNetCore").And.NotContain("FrameworkReference");
        Sources("RestMq.Core").Where(file => File.ReadAllText(file).Contains("Microsoft.AspNetCore")).Select(Relative).Should().BeEmpty();
    }

    [Fact]
    public void Abstractions_References_AreThoseOfTheFramework() =>
        typeof(IQueueEngine).Assembly.GetReferencedAssemblies().Select(name => name.Name).Should().OnlyContain(name => name!.StartsWith("System"));

    [Fact]
    public void Projects_SourceFiles_AreCompiledIntoOneAssembly() =>
        Directory.EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories)
            .Where(file => Regex.IsMatch(File.ReadAllText(file), @"<Compile Include=""\.\./")).Select(Relative).Should().BeEmpty();

    [Fact]
    public void LogMessages_EventIds_AreUniqueAndStable()
    {
        var found = Libraries.SelectMany(Sources).SelectMany(file => LogMessages().Matches(File.ReadAllText(file)).Select(match =>
            (Id: int.Parse(match.Groups["id"].Value), Message: $"{Path.GetFileNameWithoutExtension(file)}.{match.Groups["name"].Value}"))).ToArray();

        found.Select(log => log.Id).Should().OnlyHaveUniqueItems();
        found.Should().BeEquivalentTo(Events, "every log message is listed here with an unchanged event id");
        Libraries.SelectMany(Sources).Sum(file => Regex.Count(File.ReadAllText(file), @"\[LoggerMessage\b"))
            .Should().Be(found.Length, "each [LoggerMessage] names its event id first");
    }

    [Fact]
    public void Scripts_EachFile_IsLoadedDocumentedAndDeclaresItsIncludes()
    {
        var folder = Path.Combine(Root, "RestMq.Core", "Redis", "Scripts");
        var scripts = Directory.GetFiles(folder, "*.lua").ToDictionary(file => Path.GetFileNameWithoutExtension(file)!, File.ReadAllText);
        var includes = Directory.GetFiles(Path.Combine(folder, "includes"), "*.lua").ToDictionary(file => $"includes/{Path.GetFileName(file)}", File.ReadAllText);
        var loaded = typeof(RedisScripts).GetFields(BindingFlags.Public | BindingFlags.Static)
            .ToDictionary(field => Regex.Replace(field.Name, "(?<=.)[A-Z]", "_$0").ToLowerInvariant(), field => ((RedisScripts)field.GetValue(null)!).For().Text);

        loaded.Keys.Should().BeEquivalentTo(scripts.Keys, "a script file is named by its command");
        foreach (var (name, text) in scripts)
        {
            text.Should().MatchRegex("^-- [A-Z].{20}", "{0}.lua begins with a description", name)
                .And.Contain("-- Input:").And.Contain("Output:");
            loaded[name].Should().EndWith(text[text.LastIndexOf("\nreturn", StringComparison.Ordinal)..]).And.NotContain("--- @include");
            var code = Regex.Replace(loaded[name], "--.*", "");
            Regex.Match(code, @"\b[A-Z]+_[A-Z_]+\b").Value.Should().BeEmpty("every constant of {0}.lua is replaced by its value", name);
        }
        var declared = scripts.Values.Concat(includes.Values).SelectMany(text => Regex.Matches(text, "--- @include \"(.*)\"")).Select(match => match.Groups[1].Value);
        declared.Distinct().Should().BeEquivalentTo(includes.Keys, "every include is used, and exists");
    }

    [Fact]
    public void Sources_FileLength_IsAtMost367Lines()
    {
        var files = Libraries.SelectMany(Sources).Concat(Libraries.SelectMany(library => Files(library, "*.lua"))).ToArray();

        files.Length.Should().BeGreaterThan(50);
        files.Where(file => File.ReadLines(file).Count() > 367).Select(Relative).Should().BeEmpty("a class that long has more than one concern");
    }

    private static IEnumerable<string> Sources(string project) => Files(project, "*.cs");

    private static IEnumerable<string> Files(string project, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, project), pattern, SearchOption.AllDirectories)
            .Where(file => !Relative(file).Split('/').Any(part => part is "obj" or "bin"));

    private static string Relative(string file) => Path.GetRelativePath(Root, file).Replace('\\', '/');

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RestMq.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException(
            $"The tests must run below the folder of RestMq.sln, but run in {AppContext.BaseDirectory}.");
    }

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:EventId\s*=\s*)?(?<id>\d+)[^\]]*\]\s*(?:private|internal|public) static partial void (?<name>\w+)")]
    private static partial Regex LogMessages();
}
