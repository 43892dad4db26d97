using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace RestMq.Pages;

/// <summary>All queues, for a browser.</summary>
internal static class QueueListPage
{
    /// <summary>Of so many queues at most the numbers are shown: each is asked for by itself.</summary>
    public const int Counted = 200;

    public static string Of(HttpContext context, IReadOnlyList<QueueName> queues, IReadOnlyList<QueueStats> numbers, string store)
    {
        var content = new StringBuilder();
        content.Append("<p>").Append(queues.Count).Append(queues.Count == 1 ? " queue in " : " queues in ").Append(Html.Text(store)).Append(". ");
        content.Append("<a href=\"").Append(Html.Url(context, "q", "stats")).Append("\">All numbers</a> ");
        content.Append("<a href=\"").Append(Html.Url(context, "q", "queue")).Append("\">Try a command</a></p>\n");
        if (queues.Count == 0)
        {
            content.Append("<p>A queue is there as soon as something is sent to it:</p>\n<pre>curl -d value=foobar ")
                .Append(Html.Text($"{context.Request.Scheme}://{context.Request.Host}")).Append(Html.Url(context, "q", "q/test")).Append("</pre>");
            return Html.Page("Queues", content.ToString());
        }
        content.Append("<table>\n<tr><th>queue</th>");
        foreach (var head in new[] { "ready", "leased", "delayed", "dead", "consumers here" }) content.Append("<th class=\"number\">").Append(head).Append("</th>");
        content.Append("</tr>\n");
        foreach (var stats in numbers)
        {
            AppendName(content, context, stats.Queue);
            foreach (var number in new[] { stats.Ready, stats.Leased, stats.Delayed, stats.Dead, stats.Consumers })
                content.Append(CultureInfo.InvariantCulture, $"<td class=\"number\">{number}</td>");
            content.Append("</tr>\n");
        }
        foreach (var queue in queues.Skip(numbers.Count))
        {
            AppendName(content, context, queue);
            content.Append("<td colspan=\"5\"></td></tr>\n");
        }
        content.Append("</table>\n");
        return Html.Page("Queues", content.ToString());
    }

    // Not to /q/ itself: following that link would take a message.
    private static void AppendName(StringBuilder content, HttpContext context, QueueName queue) =>
        content.Append("<tr><td><a href=\"").Append(Html.Url(context, "q", "j/" + Uri.EscapeDataString(queue.Value))).Append("\">").Append(Html.Text(queue.Value)).Append("</a></td>");
}
