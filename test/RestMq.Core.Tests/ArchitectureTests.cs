using System.Text.RegularExpressions;
using RestMq.Redis;

namespace RestMq;

/// <summary>What the sources promise about their own shape, read from the files themselves.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string[] Libraries = ["RestMq.Core", "RestMq.AspNetCore", "RestMq.Client", "RestMq.Consumers"];

    /// <summary>Event ids are what people filter logs by: one is added here when a message is, and none changes its meaning.</summary>
    private static readonly (int Id, string Message)[] Events =
    [
        (1, "RedisConnection.LogLost"),
        (2, "RedisConnection.LogRestored"),
        (3, "RedisConnection.LogAway"),
        (11, "RedisQueueIndex.Retry.LogPostponed"),
        (12, "RedisQueueIndex.Retry.LogAway"),
        (13, "RedisQueueIndex.Retry.LogBack"),
        (14, "RedisProbe.LogNotSent"),
        (15, "RedisProbe.LogLost"),
        (16, "RedisProbe.LogProven"),
        (20, "QueuePump.LogFailed"),
        (21, "QueuePump.LogUnsettled"),
        (30, "StoreAnnouncement.LogMemory"),
        (31, "StoreAnnouncement.LogStore"),
        (32, "StoreAnnouncement.LogAway"),
        (40, "HandOut.LogFailed"),
        (60, "ConsumerService.LogStarted"),
        (61, "Consumption.LogAway"),
        (62, "Consumption.LogBack"),
        (63, "ConsumerService.LogFailed"),
        (64, "ConsumerService.LogBuried"),
        (65, "ConsumerService.LogCut"),
        (66, "Consumption.LogCapped"),
        (67, "Consumption.LogShortened"),
        (68, "Consumption.LogNotLet"),
        (70, "HeldMessage.LogLost"),
        (71, "HeldMessage.LogTooLate"),
        (72, "HeldMessage.LogUnsettled"),
        (73, "HeldMessage.LogRefused"),
        (74, "HeldMessage.LogUnrenewed"),
        (80, "StoreAnnouncement.LogWarning"),
        (81, "QueuePump.LogBehind"),
        (82, "QueuePump.LogFull"),
        (90, "LiveStream.LogLost"),
    ];

    private static string Root { get; } = FindRoot();

    [Fact]
    public void Only_the_folder_Redis_and_the_registration_know_the_client_of_Redis()
    {
        var core = Sources("RestMq.Core").Where(file => File.ReadAllText(file).Contains("StackExchange.Redis;")).Select(Relative).ToArray();

        core.Should().Contain("RestMq.Core/RestMqServiceCollectionExtensions.cs", "otherwise nothing is looked at here");
        core.Where(file => !file.StartsWith("RestMq.Core/Redis/", StringComparison.Ordinal)).Should().Equal("RestMq.Core/RestMqServiceCollectionExtensions.cs");
        Libraries[1..].SelectMany(Sources).Where(file => File.ReadAllText(file).Contains("StackExchange")).Select(Relative).Should().BeEmpty();
    }

    [Fact]
    public void The_core_knows_nothing_of_ASP_NET()
    {
        typeof(IQueueEngine).Assembly.GetReferencedAssemblies().Select(name => name.Name).Should().NotContain(name => name!.Contains("AspNetCore"));
        File.ReadAllText(Path.Combine(Root, "RestMq.Core", "RestMq.Core.csproj")).Should().NotContain("AspNetCore").And.NotContain("FrameworkReference");
        Sources("RestMq.Core").Where(file => File.ReadAllText(file).Contains("Microsoft.AspNetCore")).Select(Relative).Should().BeEmpty();
    }

    [Fact]
    public void Every_log_message_has_an_event_id_of_its_own_that_stays()
    {
        var found = Libraries.SelectMany(Sources).SelectMany(file => LogMessages().Matches(File.ReadAllText(file)).Select(match =>
            (Id: int.Parse(match.Groups["id"].Value), Message: $"{Path.GetFileNameWithoutExtension(file)}.{match.Groups["name"].Value}"))).ToArray();

        found.Select(log => log.Id).Should().OnlyHaveUniqueItems();
        found.Should().BeEquivalentTo(Events, "a new message is listed here, and a listed one stays as it is");
        Libraries.SelectMany(Sources).Sum(file => Regex.Count(File.ReadAllText(file), @"\[LoggerMessage\b")).Should().Be(found.Length, "each names its id first");
    }

    [Fact]
    public void Every_script_is_loaded_and_begins_with_what_it_does()
    {
        var files = Directory.GetFiles(Path.Combine(Root, "RestMq.Core", "Redis", "Scripts"), "*.lua");
        var loaded = LoadedScripts().Matches(File.ReadAllText(Path.Combine(Root, "RestMq.Core", "Redis", "RedisScript.cs"))).Select(match => match.Groups["name"].Value);

        files.Select(Path.GetFileNameWithoutExtension).Should().BeEquivalentTo(["prelude", .. loaded.Distinct()]);
        files.Should().AllSatisfy(file => File.ReadLines(file).First().Should().MatchRegex("^-- [A-Z].{20}", "{0} says what it does", Relative(file)));
        RedisScript.Add.Text.Should().Contain(File.ReadAllText(files.Single(file => file.EndsWith("add.lua", StringComparison.Ordinal))));
    }

    [Fact]
    public void No_file_of_the_libraries_is_long()
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
        return folder?.FullName ?? throw new InvalidOperationException("The tests read the sources, and find no RestMq.sln above where they run.");
    }

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId\s*=\s*)?(?<id>\d+)[^\]]*\]\s*(?:private|internal|public) static partial void (?<name>\w+)")]
    private static partial Regex LogMessages();

    [GeneratedRegex(@"(?<=Load\([^)]*)""(?<name>\w+)""")]
    private static partial Regex LoadedScripts();
}
