using Microsoft.AspNetCore.Http;
using RestMq.Http;
using RestMq.Pages;
using RestMq.Wire;

namespace RestMq.Endpoints;

/// <summary>Handles <c>/stats</c> and <c>/j/{queue}</c>: the numbers of queues, and their newest messages.</summary>
internal sealed class StatsEndpoints(IQueueEngine engine, RestMqOptions options)
{
    private const int Newest = 10;

    public async Task ListAsync(HttpContext context)
    {
        var page = QueuePaging.Of(context, options);
        var (names, next) = await page.ReadAsync(context, engine);
        var all = await engine.StatsAsync(names, context.RequestAborted);
        await Replies.OfQueuesAsync(context, page.Callback, all, next, engine.Store, static (writer, stats) =>
        {
            writer.WriteStartObject(stats.Queue.Value);
            QueueJson.WriteStats(writer, stats);
            writer.WriteEndObject();
        });
    }

    public async Task GetAsync(HttpContext context)
    {
        var queue = Route.Queue(context);
        var callback = Fields.OfQuery(context).Callback;
        var stats = await engine.StatsAsync(queue, context.RequestAborted);
        Reply.Json(context, callback, (stats, engine.Store), static (writer, found) =>
        {
            writer.WriteStartObject();
            writer.WriteString("queue", found.stats.Queue.Value);
            QueueJson.WriteStats(writer, found.stats);
            writer.WriteString("redis", found.Store);
            writer.WriteEndObject();
        });
    }

    public async Task LastAsync(HttpContext context)
    {
        var queue = Route.Queue(context);
        var fields = Fields.OfQuery(context);
        var callback = fields.Callback;
        var state = fields.Text("state") is { } word ? WireNames.State(word) : MessageState.Ready;
        var stats = await engine.StatsAsync(queue, context.RequestAborted);
        var messages = await engine.BrowseAsync(queue, state, Math.Min(Newest, options.MaxBatch), context.RequestAborted);
        if (Html.IsWanted(context))
        {
            Reply.Html(context, QueuePage.Of(context, stats, state, messages));
            return;
        }
        Reply.Json(context, callback, (stats, messages), static (writer, found) =>
        {
            writer.WriteStartObject();
            writer.WriteString("queue", found.stats.Queue.Value);
            QueueJson.WriteStats(writer, found.stats);
            writer.WriteStartArray("messages");
            foreach (var message in found.messages) MessageJson.Write(writer, message);
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }
}
