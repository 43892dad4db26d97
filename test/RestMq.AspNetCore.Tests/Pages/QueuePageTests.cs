using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;

namespace RestMq.Pages;

/// <summary>
/// Tests the buttons of a queue's page, with the requests that a browser sends for them, also from another site's page.
/// </summary>
public sealed partial class QueuePageTests : IAsyncLifetime
{
    private Site _site = null!;

    public async Task InitializeAsync()
    {
        _site = await Site.StartAsync(app => app.MapRestMq("/mq"));
        await _site.SendAsync("POST /mq/q/a", "value=first").IsAsync(HttpStatusCode.OK);
        await _site.SendAsync("GET /mq/q/a?lease=30").IsAsync(HttpStatusCode.OK);
        await _site.SendAsync("POST /mq/q/a/a:1.1", "bury=broken").IsAsync(HttpStatusCode.NoContent);
        await _site.SendAsync("POST /mq/q/a", "value=second").IsAsync(HttpStatusCode.OK);
    }

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task Redrive_Button_ReturnsDeadLetters()
    {
        (await PageAsync("?state=dead")).Should().Contain("Return the dead letter to the queue");
        using var reply = await PressAsync("redrive", null, ("Sec-Fetch-Site", "same-origin"), ("Origin", "http://localhost"));
        reply.StatusCode.Should().Be(HttpStatusCode.SeeOther);
        reply.Headers.Location!.OriginalString.Should().Be("/mq/j/a");
        (await StatesAsync()).Should().Be((2, 0));
        (await PageAsync("?state=dead")).Should().NotContain("Return ");
    }

    [Theory]
    [InlineData("ready", 0, 1)]
    [InlineData("dead", 1, 0)]
    [InlineData("delayed", 1, 1)]
    [InlineData("all", 0, 0)]
    public async Task Purge_EachState_IsPurgedAlone(string state, int ready, int dead)
    {
        Options().Matches(await PageAsync("")).Select(option => option.Groups["value"].Value).Should().Equal("ready", "leased", "delayed", "dead", "all");
        using var reply = await PressAsync("purge", $"state={state}");
        reply.StatusCode.Should().Be(HttpStatusCode.SeeOther);
        (await StatesAsync()).Should().Be((ready, dead));
    }

    [Fact]
    public async Task Page_DeadState_PreselectsItAndAsksToConfirm()
    {
        var page = await PageAsync("?state=dead");
        page.Should().Contain("<option value=\"dead\" selected>").And.Contain("type=\"checkbox\" required");
        Forms().Matches(page).Select(form => form.Groups["action"].Value).Should().Equal("/mq/j/a/purge", "/mq/j/a/redrive");
        page.Should().NotContain("<script");
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "http://localhost:3000")]
    [InlineData("Origin", "null")]
    [InlineData("From-Address", Site.Remote)]
    [InlineData("Host", "evil.example")]
    public async Task Button_OtherSiteOrMachine_IsRefused(string header, string value)
    {
        foreach (var (button, form) in new[] { ("redrive", null), ("purge", "state=all") })
        {
            using var reply = await PressAsync(button, form, (header, value));
            reply.StatusCode.Should().Be(HttpStatusCode.Forbidden);
        }
        (await StatesAsync()).Should().Be((1, 1));
    }

    [Fact]
    public async Task Button_OtherSiteWithOpenAdmin_IsRefused()
    {
        await using var open = await Site.StartAsync(app => app.MapRestMq().AllowAnonymous());
        await open.SendAsync("POST /j/a/redrive", null, ("Origin", "https://evil.example")).IsAsync(HttpStatusCode.Forbidden);
        await open.SendAsync("POST /j/a/redrive", null, (Addressed.Header, Site.Remote)).IsAsync(HttpStatusCode.SeeOther);
    }

    [Theory]
    [InlineData("purge", null, 400)]
    [InlineData("purge", "state=everything", 400)]
    [InlineData("burn", "state=all", 404)]
    public async Task Button_UnknownOrIncomplete_DoesNothing(string button, string? form, int status)
    {
        using var reply = await PressAsync(button, form);
        ((int)reply.StatusCode).Should().Be(status);
        (await StatesAsync()).Should().Be((1, 1));
    }

    [Theory]
    [InlineData("j")]
    [InlineData("purge")]
    [InlineData("mq")]
    public async Task Page_QueueNamedLikePath_HasCorrectLinks(string queue)
    {
        using var reply = await _site.SendAsync($"POST /mq/j/{queue}/purge", "state=all", ("Accept", "text/html"));
        reply.Headers.Location!.OriginalString.Should().Be($"/mq/j/{queue}");
        var page = await (await _site.SendAsync($"GET /mq/j/{queue}", null, ("Accept", "text/html"))).Content.ReadAsStringAsync();
        page.Should().Contain($"action=\"/mq/j/{queue}/purge\"").And.Contain("href=\"/mq/q\"");
    }

    [Fact]
    public async Task QueueList_SeveralQueues_ShowsCounts()
    {
        await _site.SendAsync("POST /mq/q/b?delay=100", "value=later").IsAsync(HttpStatusCode.OK);
        var page = await (await _site.SendAsync("GET /mq/q", null, ("Accept", "text/html"))).Content.ReadAsStringAsync();
        Rows().Matches(page).Select(row => $"{row.Groups["name"]} {string.Join(' ', row.Groups["number"].Captures)}").Should().Equal("a 1 0 0 1 0", "b 0 0 1 0 0");
        page.Should().Contain("2 queues in").And.Contain("href=\"/mq/stats\"").And.Contain("href=\"/mq/queue\"");
    }

    [Fact]
    public async Task QueueList_ManyQueues_IsPaged()
    {
        for (var i = 0; i < QueueListPage.Size; i++) await _site.SendAsync($"POST /mq/q/more-{i:000}", "value=x").IsAsync(HttpStatusCode.OK);

        var first = await ListAsync("");
        Rows().Count(first).Should().Be(QueueListPage.Size);
        first.Should().Contain("200 queues, and more, in").And.Contain("href=\"/mq/q?after=more-198&amp;max=200\"");
        var last = await ListAsync("?after=more-198&max=200");
        Rows().Matches(last).Select(row => row.Groups["name"].Value).Should().Equal("more-199");
        last.Should().Contain("1 queue after more-198 in").And.NotContain("rel=\"next\"");
        (await ListAsync("?after=z")).Should().Contain("0 queues after z in");

        async Task<string> ListAsync(string query) =>
            await (await _site.SendAsync($"GET /mq/q{query}", null, ("Accept", "text/html"))).Content.ReadAsStringAsync();
    }

    [Fact]
    public async Task CommandPage_Opened_LinksToQueueList()
    {
        var page = await (await _site.SendAsync("GET /mq/queue", null, ("Accept", "text/html"))).Content.ReadAsStringAsync();
        page.Should().Contain("href=\"/mq/q\"");
    }

    [Fact]
    public async Task Page_SecurityPolicy_ForbidsFramingAndForeignForms()
    {
        using var reply = await _site.SendAsync("GET /mq/j/a", null, ("Accept", "text/html"));
        reply.Headers.GetValues("Content-Security-Policy").Single().Should().MatchRegex(
            "^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$");
        var page = await reply.Content.ReadAsStringAsync();
        var style = page[(page.IndexOf("<style>") + 7)..page.IndexOf("</style>")];
        var hash = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(style)));
        reply.Headers.GetValues("Content-Security-Policy").Single().Should().Contain($"'sha256-{hash}'", "the page's own style must work");
        page.Should().NotContain(" style=");
    }

    private async Task<string> PageAsync(string query)
    {
        using var reply = await _site.SendAsync($"GET /mq/j/a{query}", null, ("Accept", "text/html"));
        return await reply.Content.ReadAsStringAsync();
    }

    private Task<HttpResponseMessage> PressAsync(string button, string? form, params (string Name, string Value)[] headers) =>
        _site.SendAsync($"POST /mq/j/a/{button}", form, [("Accept", "text/html"), .. headers]);

    private async Task<(int Ready, int Dead)> StatesAsync()
    {
        var stats = await _site.SendAsync("GET /mq/stats/a").IsAsync(HttpStatusCode.OK);
        return (stats.GetProperty("ready").GetInt32(), stats.GetProperty("dead").GetInt32());
    }

    [GeneratedRegex("<option value=\"(?<value>\\w+)\"")]
    private static partial Regex Options();

    [GeneratedRegex("<tr><td><a href=\"/mq/j/[^\"]+\">(?<name>[^<]+)</a></td>(<td class=\"number\">(?<number>\\d+)</td>){5}</tr>")]
    private static partial Regex Rows();

    [GeneratedRegex("<form method=\"post\" action=\"(?<action>[^\"]+)\">")]
    private static partial Regex Forms();
}
