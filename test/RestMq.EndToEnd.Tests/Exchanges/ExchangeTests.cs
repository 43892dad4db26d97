using System.Text;
using System.Text.RegularExpressions;

namespace RestMq.EndToEnd.Exchanges;

/// <summary>
/// Sends the requests of each data file to a new host over one connection, and compares every reply. A file such as
/// <c>x.memory.http</c> is used for that store only.
/// </summary>
public sealed class ExchangeTests
{
    public static TheoryData<string, StoreKind> Files()
    {
        var data = new TheoryData<string, StoreKind>();
        foreach (var file in Directory.GetFiles(Folder, "*.http").Order(StringComparer.Ordinal))
        {
            foreach (var store in Enum.GetValues<StoreKind>().Where(store => IsFor(file, store))) data.Add(Path.GetFileName(file), store);
        }
        return data;
    }

    public static TheoryData<string> RedisFiles =>
        [.. Directory.GetFiles(Folder, "*.http").Order(StringComparer.Ordinal).Where(file => IsFor(file, StoreKind.Redis)).Select(file => Path.GetFileName(file))];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Exchanges");

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Exchange_EachRequest_GetsRecordedReply(string file, StoreKind store)
    {
        await using var host = await RestMqHost.StartAsync(store, null, "--Site:Jsonp=true");
        await PlayAsync(file, host);
    }

    [Theory]
    [MemberData(nameof(RedisFiles))]
    public async Task Exchange_RedisUserOfTheDocumentation_GetsRecordedReply(string file)
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(RestMqHost.Program)!, "../../../.."));
        var line = (await File.ReadAllLinesAsync(Path.Combine(root, "docs/how-to/configure-redis.md"))).Single(line => line.StartsWith("ACL SETUSER restmq ", StringComparison.Ordinal));
        await using var redis = await RedisServer.LaunchAsync();
        await redis.AskAsync(line.Split(' '));
        // The documentation names these two for replicated adds.
        if (file.StartsWith("durability.", StringComparison.Ordinal)) await redis.AskAsync("ACL", "SETUSER", "restmq", "+wait", "+info");
        await using var host = await RestMqHost.StartAsync(StoreKind.Redis, redis, $"--RestMq:Redis=redis://restmq:password@{redis.Address}?asyncTimeout=15000", "--Site:Jsonp=true");
        await PlayAsync(file, host);
        (await host.AskAsync("GET /health/ready")).Status.Should().Be(200);
        host.Process.Output.Should().NotContain("fail:").And.NotContain("password");
    }

    private static async Task PlayAsync(string file, RestMqHost host)
    {
        var exchanges = Exchange.ReadFile(Path.Combine(Folder, file));
        var connection = await host.ConnectAsync();
        var wrong = new List<string>();
        try
        {
            foreach (var exchange in exchanges)
            {
                try
                {
                    await PlayAsync(exchange, connection, host.Store);
                    if (!exchange.OneRequestOnly) continue;
                    await connection.EndsAsync();
                }
                catch (Exception e)
                {
                    wrong.Add($"== {exchange.Title}\n{Escaped.Show(exchange.Request)}\n{e.Message}");
                }
                await connection.DisposeAsync();
                connection = await host.ConnectAsync();
            }
        }
        finally
        {
            await connection.DisposeAsync();
        }
        exchanges.Should().NotBeEmpty();
        var failures = string.Join("\n\n", wrong);
        if (wrong.Count > 0) Assert.Fail($"{wrong.Count} of {exchanges.Count} replies are wrong:\n\n{failures}");
    }

    private static bool IsFor(string file, StoreKind store) =>
        Path.GetExtension(Path.GetFileNameWithoutExtension(file)) is not { Length: > 1 } only || Enum.Parse<StoreKind>(only[1..], ignoreCase: true) == store;

    private static async Task PlayAsync(Exchange exchange, RawConnection connection, string store)
    {
        await connection.SendAsync(exchange.Request);
        var reply = await connection.ReadReplyAsync(exchange.IsHead);
        if (!exchange.OneRequestOnly) connection.HasNothingUnread();
        reply.Is(exchange.Status);
        foreach (var (name, value) in exchange.Headers) CheckHeader(reply, name, value);
        if (exchange.Status == 405) reply.Header("Allow").Should().NotBeNullOrEmpty();
        else reply.FollowsTheRules();

        if (exchange.Kind == "any") return;
        if (exchange.Kind is { } type) reply.IsProblem(exchange.Status, type);
        else if (exchange.Status == 204) reply.IsNoContent();
        else if (exchange.JsonLines.Count > 0) CheckJson(reply, exchange.JsonLines, store);
        else CheckBody(reply, exchange.Body!, store);
    }

    private static void CheckHeader(RawReply reply, string name, string value)
    {
        var found = name == "Content-Type" && !value.Contains(';') ? reply.MediaType : reply.Header(name);
        if (value.StartsWith('…')) found.Should().EndWith(value[1..], name);
        else found.Should().Be(value, $"the data file expects this {name}, and the reply was\n{reply}\n");
    }

    private static void CheckJson(RawReply reply, IReadOnlyList<string> expected, string store)
    {
        reply.Lines.Should().HaveCount(expected.Count, $"the reply was\n{reply}\n");
        foreach (var (wanted, line) in expected.Zip(reply.Lines)) JsonSame.Check(wanted.Replace("{store}", store), line);
    }

    private static void CheckBody(RawReply reply, string expected, string store)
    {
        var bytes = Escaped.Read(expected.Replace("{store}", store));
        if (bytes.AsSpan().IndexOf("{*}"u8) < 0)
        {
            if (!bytes.AsSpan().SequenceEqual(reply.Body)) Assert.Fail($"Expected {Escaped.Show(bytes)}\nbut got  {Escaped.Show(reply.Body)}");
            return;
        }
        var pattern = Regex.Escape(Encoding.UTF8.GetString(bytes)).Replace(@"\{\*}", "(null|[0-9.E-]+|\"[^\"]+\")");
        reply.Text.Should().MatchRegex($"\\A{pattern}\\z");
    }
}
