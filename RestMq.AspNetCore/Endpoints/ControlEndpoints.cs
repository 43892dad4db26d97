using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RestMq.Http;
using RestMq.Wire;

namespace RestMq.Endpoints;

/// <summary>Handles <c>/control</c>: starts and stops live delivery, and redrives dead letters.</summary>
internal sealed class ControlEndpoints(IQueueEngine engine, RestMqOptions options)
{
    public async Task ListAsync(HttpContext context)
    {
        var page = QueuePaging.Of(context, options);
        var (names, next) = await page.ReadAsync(context, engine);
        var all = await engine.StatsAsync(names, context.RequestAborted);
        await Replies.OfQueuesAsync(
            context, page.Callback, all, next, engine.Store, static (writer, stats) => WriteStatus(writer, stats.Queue.Value, stats.Queue, stats.Settings));
    }

    public async Task GetAsync(HttpContext context)
    {
        var queue = Route.Queue(context);
        var callback = Fields.OfQuery(context).Callback;
        var settings = await engine.GetSettingsAsync(queue, context.RequestAborted);
        Reply.Json(context, callback, (queue, settings, engine.Store), static (writer, found) =>
        {
            writer.WriteStartObject();
            writer.WriteString("queue", found.queue.Value);
            WriteStatus(writer, "status", found.queue, found.settings);
            writer.WriteString("redis", found.Store);
            writer.WriteEndObject();
        });
    }

    public async Task SetAsync(HttpContext context)
    {
        var queue = Route.Queue(context);
        var fields = await Fields.ReadAsync(context, AddRequests.FormLimit(options));
        var callback = fields.Callback;
        switch (fields.Text("status"))
        {
            case "start":
                await SwitchAsync(context, callback, queue, stopped: false);
                break;
            case "stop":
                await SwitchAsync(context, callback, queue, stopped: true);
                break;
            case "redrive":
                await RedriveAsync(context, callback, queue, fields.Text("key"));
                break;
            case var other:
                throw Problem.BadRequest(
                    "'status' must be start, stop or redrive, but "
                    + (other is null ? "is missing." : $"was '{WireNames.Shorten(other)}'."));
        }
    }

    private async Task SwitchAsync(HttpContext context, string? callback, QueueName queue, bool stopped)
    {
        var settings = await engine.ConfigureAsync(queue, new QueueSettingsChange { Stopped = stopped }, context.RequestAborted);
        Reply.Json(context, callback, (queue, settings), static (writer, found) =>
        {
            writer.WriteStartObject();
            WriteStatus(writer, "stat", found.queue, found.settings);
            writer.WriteEndObject();
        });
    }

    private async Task RedriveAsync(HttpContext context, string? callback, QueueName queue, string? one)
    {
        var moved = one is null ? await engine.RedriveAsync(queue, context.RequestAborted) : await RedriveAsync(Route.Key(queue, one), context.RequestAborted);
        Reply.Json(context, callback, (queue, moved), static (writer, done) =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("stat");
            writer.WriteString("queue", done.queue.Value);
            writer.WriteNumber("redriven", done.moved);
            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }

    private async ValueTask<long> RedriveAsync(MessageKey key, CancellationToken cancellationToken) =>
        await engine.RedriveAsync(key, cancellationToken) ? 1 : throw Problem.NotFound(
            $"A redrive must name a dead letter of the queue, but {key} is none. "
            + $"List them with GET /j/{key.Queue}?state=dead.");

    private static void WriteStatus(Utf8JsonWriter writer, string name, QueueName queue, QueueSettings settings)
    {
        writer.WriteStartObject(name);
        writer.WriteString("queue", queue.Value);
        writer.WriteNumber("status", settings.Stopped ? 0 : 1);
        writer.WriteEndObject();
    }
}
