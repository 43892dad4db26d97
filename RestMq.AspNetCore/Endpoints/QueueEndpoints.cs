using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.Hosting;
using RestMq.Access;
using RestMq.Http;
using RestMq.Pages;
using RestMq.Wire;

namespace RestMq.Endpoints;

/// <summary>Handles <c>/q</c> and <c>/q/{queue}</c>: a queue as a resource.</summary>
internal sealed class QueueEndpoints(
    IQueueEngine engine, DeliverySender handOut, AccessControl access, RestMqOptions options, IHostApplicationLifetime lifetime)
{
    public async Task ListAsync(HttpContext context)
    {
        if (Html.IsWanted(context))
        {
            var paging = QueuePaging.Of(context, options, QueueListPage.Size);
            var (shown, after) = await paging.ReadAsync(context, engine);
            var numbers = await engine.StatsAsync(shown, context.RequestAborted);
            Reply.Html(context, QueueListPage.Of(context, paging, numbers, after, engine.Store));
            return;
        }
        var page = QueuePaging.Of(context, options);
        var (names, next) = await page.ReadAsync(context, engine);
        await ListReply.SendAsync(
            context, page.Callback, names,
            static writer =>
            {
                writer.WriteStartObject();
                writer.WriteStartArray("queues");
            },
            static (writer, name) => writer.WriteStringValue(name.Value),
            writer =>
            {
                writer.WriteEndArray();
                writer.WriteNumber("count", names.Count);
                if (next is not null) writer.WriteString("next", next);
                writer.WriteEndObject();
            });
    }

    public async Task TakeAsync(HttpContext context)
    {
        var queues = Route.Queues(context, options.MaxQueuesPerTake);
        var wanted = TakeQuery.Of(context, options);
        if (wanted.Soft)
        {
            await PeekHeadAsync(context, queues, wanted);
            return;
        }
        var since = Stopwatch.GetTimestamp();
        var found = wanted.Wait == TimeSpan.Zero
            ? await engine.LeaseAsync(queues, wanted.Max ?? 1, wanted.Lease ?? options.TakeLease, TimeSpan.Zero, CancellationToken.None)
            : await WaitAsync(context, queues, wanted);
        if (found.Count == 0) Reply.Empty(context, StatusCodes.Status204NoContent);
        else await handOut.SendAsync(context, found, () => Write(context, wanted, found), leased: wanted.Lease is not null, since);
    }

    // Shows the head of the first queue that has one, and takes nothing.
    private async Task PeekHeadAsync(HttpContext context, QueueName[] queues, TakeQuery wanted)
    {
        foreach (var queue in queues)
        {
            if (await engine.PeekHeadAsync(queue, countsDelivery: false, context.RequestAborted) is not { } head) continue;
            Write(context, wanted, [head]);
            return;
        }
        Reply.Empty(context, StatusCodes.Status204NoContent);
    }

    public async Task HeadAsync(HttpContext context) => Replies.Depth(context, await engine.StatsAsync(Route.Queue(context), context.RequestAborted));

    public async Task AddAsync(HttpContext context)
    {
        var queue = Route.Queue(context);
        await access.AdmitAsync(context, RestMqRole.Produce, queue);
        var type = context.Request.ContentType;
        if (type is not null && type.StartsWith("application/x-ndjson", StringComparison.OrdinalIgnoreCase))
        {
            var lines = await AddRequests.OfLinesAsync(Fields.OfQuery(context), context, options);
            Replies.Added(context, await engine.AddAsync(queue, lines, context.RequestAborted));
            return;
        }
        var fields = await Fields.ReadAsync(context, AddRequests.FormLimit(options));
        var callback = fields.Callback;
        var isForm = Fields.IsForm(type);
        ReadOnlyMemory<byte> body = isForm ? default : await RequestBody.ReadAsync(context.Request, options.MaxMessageBytes);
        // An empty message is a message. Without a body there must be some sign of it: a field, or a content type.
        var isField = isForm || (body.IsEmpty && (type is null || fields.Has("value") || fields.Has("msg")));
        var message = isField ? AddRequests.OfForm(fields, context, options) : AddRequests.OfBody(body, fields, context, options);
        // Not cancelled with the request: a message that arrived completely is added, even if its producer disconnects.
        Replies.Added(context, callback, await engine.AddAsync(queue, message, CancellationToken.None), location: true);
    }

    public async Task PurgeAsync(HttpContext context)
    {
        var queue = Route.Queue(context);
        // Reads the body too. A client may send the state there, and a state or body that is ignored would delete the
        // whole queue.
        var fields = await Fields.ReadAsync(context, AddRequests.FormLimit(options));
        var callback = fields.Callback;
        if (!fields.Has("state") && !(await fields.BodyAsync(context.Request, AddRequests.FormLimit(options))).IsEmpty)
        {
            throw Problem.BadRequest(
                "A body must be a form with the state to purge, such as state=dead, but this body has no 'state'. "
                + "Nothing was deleted. To purge the whole queue, send no body.");
        }
        long? count = fields.Text("state") is { } state ? await engine.PurgeAsync(queue, WireNames.State(state), context.RequestAborted) : null;
        var purged = count is null ? await engine.DeleteQueueAsync(queue, context.RequestAborted) : count > 0;
        Reply.Json(context, callback, (queue, purged, count), static (writer, done) =>
        {
            writer.WriteStartObject();
            writer.WriteString("queue", done.queue.Value);
            writer.WriteNumber("status", done.purged ? 1 : 0);
            if (done.count is { } count) writer.WriteNumber("count", count);
            writer.WriteEndObject();
        });
    }

    // A wait ends when its client disconnects. It also ends, without messages, when the host stops, so that a long poll
    // does not delay the stop.
    private async ValueTask<IReadOnlyList<QueueMessage>> WaitAsync(HttpContext context, QueueName[] queues, TakeQuery wanted)
    {
        // The site's request timeout does not apply: the client has set the time limit of this wait.
        context.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            return await engine.LeaseAsync(queues, wanted.Max ?? 1, wanted.Lease ?? options.TakeLease, wanted.Wait, ended.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return [];
        }
    }

    private static void Write(HttpContext context, TakeQuery wanted, IReadOnlyList<QueueMessage> found)
    {
        var leased = wanted.Lease is not null;
        if (wanted.Max is not null)
        {
            Replies.Messages(context, found, leased);
            return;
        }
        if (leased) context.Response.Headers.Link = SettleLinks(Route.UrlOf(context, found[0].Receipt));
        if (wanted.Raw) Replies.Raw(context, found[0], leased);
        else Replies.Message(context, wanted.Callback, found[0], leased);
    }

    private static string[] SettleLinks(string url) =>
    [
        $"<{url}>; rel=\"ack\"; method=\"DELETE\"",
        $"<{url}?lease=30>; rel=\"extend\"; method=\"POST\"",
        $"<{url}?release=0>; rel=\"release\"; method=\"POST\"",
        $"<{url}?bury=failed>; rel=\"bury\"; method=\"POST\"",
    ];
}
