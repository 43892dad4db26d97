using Microsoft.AspNetCore.Http;
using RestMq.Access;
using RestMq.Http;
using RestMq.Pages;

namespace RestMq.Endpoints;

/// <summary>
/// Handles <c>/</c>: the queue named in a field, as the original's first curl lines have it, and the front page.
/// </summary>
internal sealed class HomeEndpoints(IQueueEngine engine, DeliverySender handOut, AccessControl access, RestMqOptions options)
{
    public async Task GetAsync(HttpContext context)
    {
        var fields = Fields.OfQuery(context);
        if (fields.Text("queue") is { } name)
        {
            var queue = Route.Name(name);
            var callback = fields.Callback;
            await access.DemandAsync(context, RestMqRole.Consume, queue);
            if (HttpMethods.IsHead(context.Request.Method))
            {
                Replies.Depth(context, await engine.StatsAsync(queue, context.RequestAborted));
                return;
            }
            var found = await engine.LeaseAsync([queue], 1, options.TakeLease, TimeSpan.Zero, context.RequestAborted);
            if (found.Count == 0)
                throw Problem.NotFound($"The queue {queue} is empty. Add a message or try again later.");
            await handOut.SendAsync(context, found, () => Replies.Message(context, callback, found[0]));
            return;
        }
        await access.DemandAsync(context, RestMqRole.Consume, null);
        var here = context.Request.PathBase.Add(context.Request.Path).ToUriComponent().TrimEnd('/');
        if (Html.IsWanted(context)) Reply.Redirect(context, here + "/q");
        else Reply.Text(context, fields.Callback, CurlSheet.For($"{Route.SiteForCurl(context)}{here}", engine.Store));
    }

    public async Task AddAsync(HttpContext context)
    {
        await access.DemandKnownAsync(context, [RestMqRole.Produce]);
        var fields = await Fields.ReadAsync(context, AddRequests.FormLimit(options));
        var queue = Route.Name(fields.Text("queue"));
        var callback = fields.Callback;
        await access.DemandAsync(context, RestMqRole.Produce, queue);
        var added = await engine.AddAsync(queue, AddRequests.OfForm(fields, context, options), context.RequestAborted);
        Replies.Added(context, callback, added, location: false);
    }
}
