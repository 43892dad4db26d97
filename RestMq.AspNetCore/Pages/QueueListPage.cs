using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using RestMq.Http;

namespace RestMq.Pages;

/// <summary>Renders the list of queues, page by page, for a browser.</summary>
internal static class QueueListPage
{
    /// <summary>The number of queues on a page whose URL has no <c>max</c>.</summary>
    public const int Size = 200;

    public static string Of(HttpContext context, QueuePaging paging, IReadOnlyList<QueueStats> queues, string? next, string store)
    {
        var content = new StringBuilder();
        content.Append("<p>").Append(queues.Count).Append(queues.Count == 1 ? " queue" : " queues");
        if (paging.After is not null) content.Append(" after ").Append(Html.Text(paging.After.Value));
        content.Append(next is null ? " in " : ", and more, in ").Append(Html.Text(store)).Append(". ");
        content.Append("<a href=\"").Append(Html.Url(context, "q", "stats")).Append("\">All numbers</a> ");
        content.Append("<a href=\"").Append(Html.Url(context, "q", "queue")).Append("\">Try a command</a></p>\n");
        if (queues.Count == 0 && paging.After is null)
        {
            content.Append("<p>A queue exists as soon as a message is added to it:</p>\n<pre>curl -d value=foobar ")
                .Append(Html.Text(Route.SiteForCurl(context))).Append(Html.Url(context, "q", "q/test")).Append("</pre>");
            return Html.Page("Queues", content.ToString());
        }
        content.Append("<table>\n<tr><th>queue</th>");
        foreach (var head in new[] { "ready", "leased", "delayed", "dead", "consumers here" }) content.Append("<th class=\"number\">").Append(head).Append("</th>");
        content.Append("</tr>\n");
        foreach (var stats in queues)
        {
            AppendName(content, context, stats.Queue);
            foreach (var number in new[] { stats.Ready, stats.Leased, stats.Delayed, stats.Dead, stats.Consumers })
                content.Append(CultureInfo.InvariantCulture, $"<td class=\"number\">{number}</td>");
            content.Append("</tr>\n");
        }
        content.Append("</table>\n");
        if (next is not null) content.Append("<p><a rel=\"next\" href=\"").Append(Html.Url(context, "q", "q" + paging.Query(next))).Append("\">More queues</a></p>\n");
        return Html.Page("Queues", content.ToString());
    }

    // Links to /j/, not to /q/: following a link to /q/ would take a message.
    private static void AppendName(StringBuilder content, HttpContext context, QueueName queue) =>
        content.Append("<tr><td><a href=\"").Append(Html.Url(context, "q", "j/" + Uri.EscapeDataString(queue.Value))).Append("\">").Append(Html.Text(queue.Value)).Append("</a></td>");
}
