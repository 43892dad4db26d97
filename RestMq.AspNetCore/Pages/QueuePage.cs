using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using RestMq.Wire;

namespace RestMq.Pages;

/// <summary>Renders a queue and its newest messages for a browser.</summary>
internal static class QueuePage
{
    // Enough to recognize a message.
    private const int ShownCharacters = 200;

    public static string Of(HttpContext context, QueueStats stats, MessageState shown, IReadOnlyList<MessageSnapshot> messages)
    {
        var content = new StringBuilder();
        content.Append("<p>Policy ").Append(WireNames.Of(stats.Settings.Policy)).Append(stats.Settings.Stopped ? ", stopped" : ", started")
            .Append(CultureInfo.InvariantCulture, $", {stats.Consumers} consumers here.</p>\n<p>");
        foreach (var (state, count) in new[]
                 {
                     (MessageState.Ready, stats.Ready), (MessageState.Leased, stats.Leased), (MessageState.Delayed, stats.Delayed), (MessageState.Dead, stats.Dead),
                 })
        {
            content.Append(CultureInfo.InvariantCulture, $"<a href=\"?state={WireNames.Of(state)}\">{count} {WireNames.Of(state)}</a> ");
        }
        content.Append("</p>\n<table>\n<tr><th>").Append(WireNames.Of(shown)).Append(", newest first</th><th>message</th><th>count</th><th>added</th></tr>\n");
        foreach (var snapshot in messages) AppendRow(content, snapshot);
        content.Append("</table>\n");
        AppendForms(content, Html.Url(context, "j", $"j/{Uri.EscapeDataString(stats.Queue.Value)}"), stats, shown);
        content.Append("<p><a href=\"").Append(Html.Url(context, "j", "q")).Append("\">All queues</a></p>");
        return Html.Page(stats.Queue.Value, content.ToString());
    }

    // The page runs no script. The required checkbox is the confirmation.
    private static void AppendForms(StringBuilder content, string page, QueueStats stats, MessageState shown)
    {
        content.Append(CultureInfo.InvariantCulture, $"<form method=\"post\" action=\"{page}/purge\"><p>Delete <select name=\"state\">");
        foreach (var state in Enum.GetValues<MessageState>())
        {
            var selected = state == shown ? " selected" : "";
            var word = WireNames.Of(state);
            content.Append(
                CultureInfo.InvariantCulture, $"<option value=\"{word}\"{selected}>{word} messages</option>");
        }
        content.Append("""
            <option value="all">all messages, and end the queue's streams</option></select>
            <label><input type="checkbox" required> permanently</label> <button>Purge</button></p></form>

            """);
        if (stats.Dead > 0)
        {
            content.Append(CultureInfo.InvariantCulture, $"<form method=\"post\" action=\"{page}/redrive\">");
            var which = stats.Dead == 1 ? "the dead letter" : string.Create(CultureInfo.InvariantCulture, $"all {stats.Dead} dead letters");
            content.Append(CultureInfo.InvariantCulture, $"<p><button>Return {which} to the queue</button></p></form>\n");
        }
    }

    private static void AppendRow(StringBuilder content, MessageSnapshot snapshot)
    {
        var text = snapshot.Message.Body.ToString();
        content.Append("<tr><td>").Append(Html.Text(snapshot.Message.Key.ToString()));
        if (snapshot.Reason is { } reason) content.Append("<br>").Append(Html.Text(reason));
        content.Append("</td><td><code>").Append(Html.Text(text.Length > ShownCharacters ? text[..ShownCharacters] + "…" : text));
        content.Append(CultureInfo.InvariantCulture, $"</code></td><td>{snapshot.Message.DeliveryCount}</td><td>{snapshot.Message.Added:u}</td></tr>\n");
    }
}
