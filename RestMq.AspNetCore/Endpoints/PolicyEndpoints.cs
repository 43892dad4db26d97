using Microsoft.AspNetCore.Http;
using RestMq.Http;
using RestMq.Wire;

namespace RestMq.Endpoints;

/// <summary>
/// Handles <c>/p/{queue}</c>. GET returns a queue's policy and settings. POST changes the settings that are sent. A
/// <c>max_length</c> or <c>ttl</c> of 0 removes the limit, which is then written as null.
/// </summary>
internal sealed class PolicyEndpoints(IQueueEngine engine, RestMqOptions options)
{
    public async Task GetAsync(HttpContext context)
    {
        var queue = Route.Queue(context);
        var callback = Fields.OfQuery(context).Callback;
        Write(context, callback, queue, await engine.GetSettingsAsync(queue, context.RequestAborted));
    }

    public async Task SetAsync(HttpContext context)
    {
        var queue = Route.Queue(context);
        var fields = await Fields.ReadAsync(context, AddRequests.FormLimit(options));
        var callback = fields.Callback; // Read first: a refused callback must not leave a change behind.
        var change = new QueueSettingsChange
        {
            Policy = fields.Text("policy") is { } policy ? WireNames.Policy(policy) : null,
            MaxReceives = fields.Number("max_receives") is { } receives ? (int)RequestLimits.Whole("max_receives", receives, 1, 1000) : null,
            MaxLength = fields.Number("max_length") is { } length ? RequestLimits.Whole("max_length", length, 0, 1_000_000_000_000) : null,
            TimeToLive = fields.Number("ttl") is { } ttl ? RequestLimits.Time("ttl", ttl, TimeSpan.Zero, options.MaxTimeToLive) : null,
            History = fields.Number("history") is { } history ? (int)RequestLimits.Whole("history", history, 0, 100_000) : null,
            HistoryBytes = fields.Number("history_bytes") is { } bytes ? RequestLimits.Whole("history_bytes", bytes, 0, QueueLimits.MaxHistoryBytes) : null,
            Durability = fields.Text("durability") is { } durability ? WireNames.Durability(durability) : null,
            Stopped = fields.Text("status") switch
            {
                null => null,
                "start" => false,
                "stop" => true,
                var other => throw Problem.BadRequest($"'status' must be start or stop, but was '{WireNames.Shorten(other)}'."),
            },
        };
        if (change.IsEmpty)
        {
            throw Problem.BadRequest(
                "The form must have at least one setting, but has none. Send one of policy (broadcast or roundrobin), "
                + "max_receives, max_length, ttl, history, history_bytes, durability (stored or replicated) and status (start or stop).");
        }
        Write(context, callback, queue, await engine.ConfigureAsync(queue, change, context.RequestAborted));
    }

    private static void Write(HttpContext context, string? callback, QueueName queue, QueueSettings settings) =>
        Reply.Json(context, callback, (queue, settings), static (writer, found) =>
        {
            writer.WriteStartObject();
            writer.WriteString("queue", found.queue.Value);
            QueueJson.WriteSettings(writer, found.settings);
            writer.WriteEndObject();
        });
}
