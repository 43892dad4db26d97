using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;

namespace RestMq.Embedding;

/// <summary>
/// Tests that every URL in a reply stays under the site's path base and the group's prefix, for both of two groups.
/// </summary>
public sealed partial class UrlTests : IAsyncLifetime
{
    private Site _site = null!;

    public async Task InitializeAsync() => _site = await Site.StartAsync(app =>
    {
        app.UsePathBase("/base");
        app.UseRouting();
        app.MapRestMq("/one");
        app.MapRestMq("/two/deep");
    });

    public async Task DisposeAsync() => await _site.DisposeAsync();

    public static TheoryData<string> Groups => new("/base/one", "/base/two/deep", "/one", "/two/deep");

    [Theory]
    [MemberData(nameof(Groups))]
    public async Task Headers_EachGroup_LeadBackToGroup(string group)
    {
        var added = await _site.SendAsync($"POST {group}/q/caf%C3%A9", "value=x");
        added.Headers.Location!.AbsolutePath.Should().Be($"{group}/q/caf%C3%A9/caf%C3%A9:1");
        await _site.Client.GetAsync(added.Headers.Location).IsAsync(HttpStatusCode.OK);

        var leased = await _site.SendAsync($"GET {group}/q/none,caf%C3%A9?lease=30");
        var links = leased.Headers.GetValues("Link").Select(link => Link().Match(link)).ToArray();
        links.Should().HaveCount(4).And.OnlyContain(link => link.Groups["path"].Value == $"{group}/q/caf%C3%A9/caf%C3%A9:1.1");
        await _site.Client.DeleteAsync(links[0].Groups["url"].Value).IsAsync(HttpStatusCode.NoContent);
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public async Task FrontPage_Browser_RedirectsToGroupsList(string group)
    {
        using var reply = await _site.SendAsync($"GET {group}/", null, ("Accept", "text/html"));
        reply.Headers.Location!.OriginalString.Should().Be($"{group}/q");
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public async Task FrontPage_Curl_NamesGroupInEveryLine(string group)
    {
        var sheet = await _site.Client.GetStringAsync($"{group}/");
        var urls = Url().Matches(sheet).Select(match => match.Value).ToArray();
        urls.Should().HaveCountGreaterThan(15).And.OnlyContain(url => new Uri(url).AbsolutePath.StartsWith(group + "/"));
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public async Task Pages_EveryLink_StaysInGroup(string group)
    {
        await _site.SendAsync($"POST {group}/q/caf%C3%A9", "value=x").IsAsync(HttpStatusCode.OK);
        foreach (var page in new[] { "/q", "/j/caf%C3%A9", "/queue" })
        {
            using var reply = await _site.SendAsync($"GET {group}{page}", null, ("Accept", "text/html"));
            var html = await reply.Content.ReadAsStringAsync();
            foreach (Match link in Reference().Matches(html))
            {
                var target = new Uri(new Uri($"http://localhost{group}{page}"), WebUtility.HtmlDecode(link.Groups["to"].Value));
                target.AbsolutePath.Should().StartWith(group + "/");
                var isForm = link.Value.StartsWith("action");
                using var answer = await _site.SendAsync($"{(isForm ? "POST" : "GET")} {target.PathAndQuery}", isForm ? "state=dead" : null, ("Accept", "text/html"));
                answer.StatusCode.Should().Be(isForm ? HttpStatusCode.SeeOther : HttpStatusCode.OK);
                if (isForm) answer.Headers.Location!.OriginalString.Should().Be(group + page);
            }
            if (page != "/queue") Reference().IsMatch(html).Should().BeTrue("the page must have links for this test to check");
        }
    }

    [GeneratedRegex("<(?<url>http://localhost(?<path>[^>?]+)[^>]*)>; rel=\"(ack|extend|release|bury)\"")]
    private static partial Regex Link();

    [GeneratedRegex("http://localhost[^ '\r\n]*(?=[ '\r\n])")]
    private static partial Regex Url();

    [GeneratedRegex("(href|action)=\"(?<to>[^\"]+)\"")]
    private static partial Regex Reference();
}
