using System.Text;
using Microsoft.AspNetCore.Http;

namespace RestMq.Pages;

/// <summary>All queues, for a browser.</summary>
internal static class QueueListPage
{
    public static string Of(HttpContext context, IReadOnlyList<QueueName> queues, string store)
    {
        var content = new StringBuilder();
        content.Append("<p>").Append(queues.Count).Append(" queues in ").Append(Html.Text(store)).Append(". ");
        content.Append("<a href=\"").Append(Html.Url(context, "q", "queue")).Append("\">Try a command</a></p>\n<ul>\n");
        foreach (var queue in queues)
        {
            // Not to /q/ itself: following that link would take a message.
            content.Append("<li><a href=\"").Append(Html.Url(context, "q", "j/" + Uri.EscapeDataString(queue.Value))).Append("\">").Append(Html.Text(queue.Value)).Append("</a></li>\n");
        }
        content.Append("</ul>\n");
        if (queues.Count == 0) content.Append("<p>A queue is there as soon as something is sent to it:</p>\n<pre>curl -d value=foobar ")
            .Append(Html.Text($"{context.Request.Scheme}://{context.Request.Host}")).Append(Html.Url(context, "q", "q/test")).Append("</pre>");
        return Html.Page("Queues", content.ToString());
    }
}
