using System.Net;
using System.Text.RegularExpressions;
using RestMq.Access;

namespace RestMq.Server;

/// <summary>Tests that docs/how-to/secure-a-host.md tells the truth about the defaults.</summary>
public sealed class SecurityPageTests
{
    // The callers of the page's table, with the headers that their requests have. A new row of the page needs one here.
    private static readonly Dictionary<string, (string Name, string Value)[]> Callers = new()
    {
        ["a program on this machine"] = [("Accept", "*/*")],
        ["a page of this host, in a browser on this machine"] = [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "cors")],
        ["a program on another machine"] = [(Addressed.Header, Site.Remote)],
        ["a caller behind a proxy on this machine"] = [("X-Forwarded-For", Site.Remote)],
        ["a page of another site, in any browser"] = [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")],
        ["a page of this machine with another port"] = [("Sec-Fetch-Site", "same-site"), ("Origin", "http://localhost:3000")],
        ["a page whose name was made to resolve to this machine"] = [("Host", "evil.example"), ("Sec-Fetch-Site", "same-origin")],
        ["a script tag with `callback` (JSONP)"] = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "script")],
    };

    private static string Page => File.ReadAllText(Path.Combine(Root(), "docs", "how-to", "secure-a-host.md"));

    public static TheoryData<string, string, string, string> Rows()
    {
        var data = new TheoryData<string, string, string, string>();
        var table = Page[Page.IndexOf("| caller |", StringComparison.Ordinal)..];
        foreach (Match row in Regex.Matches(table[..table.IndexOf("\n\n", StringComparison.Ordinal)], @"^\| (.*) \| (yes|no) \| (yes|no) \| (yes|no) \|$", RegexOptions.Multiline))
            data.Add(row.Groups[1].Value, row.Groups[2].Value, row.Groups[3].Value, row.Groups[4].Value);
        return data;
    }

    [Fact]
    public void Rows_OfPage_AreAllTested() => Rows().Select(row => (string)row[0]).Should().BeEquivalentTo(Callers.Keys);

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Default_EachCaller_MayDoWhatPageSays(string caller, string use, string administer, string details)
    {
        await using var host = SampleHost.OverKestrel();
        var callback = caller.Contains("callback") ? "callback=f" : "";
        foreach (var (line, body, says) in new (string, string?, string)[]
        {
            ($"POST /q/a?{callback}", "value=x", use), ($"GET /q/a?{callback}", null, use), ($"GET /c/a?{callback}", null, use),
            ($"GET /stats?{callback}", null, administer), ($"DELETE /q/a?{callback}", null, administer),
        })
        {
            using var reply = await host.Client.SendAsync(Request.Of(line, body, Callers[caller]), HttpCompletionOption.ResponseHeadersRead);
            if (says == "yes") reply.StatusCode.Should().Be(HttpStatusCode.OK, line);
            else ((int)reply.StatusCode).Should().BeOneOf([403, 421], line);
        }
        (await (await host.SendAsync("GET /health/ready", null, Callers[caller])).Content.ReadAsStringAsync()).Contains("restmq").Should().Be(details == "yes");
    }

    [Fact]
    public void ProxyMarks_OfPage_AreThoseOfCode()
    {
        var page = Page;
        Marks("A part of the name").Should().Equal(ProxyMarks.Parts);
        Marks("The beginning of the name").Should().Equal(ProxyMarks.Beginnings);
        Marks("The whole name").Should().Equal(ProxyMarks.Names);

        IEnumerable<string> Marks(string title)
        {
            var list = page[page.IndexOf($"**{title}**", StringComparison.Ordinal)..];
            return Regex.Matches(list[..list.IndexOf(".\n", StringComparison.Ordinal)], "`([^`]+)`").Select(mark => mark.Groups[1].Value);
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RestMq.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"The tests must run below the folder of RestMq.sln, but run in {AppContext.BaseDirectory}.");
    }
}
