using Microsoft.AspNetCore.Http;
using RestMq.Access;
using RestMq.Http;
using RestMq.Pages;
using RestMq.Wire;

namespace RestMq.Endpoints;

/// <summary><c>POST /j/{queue}/purge</c> and <c>/redrive</c>: the buttons of a queue's page. What they do, others do by the routes that are made for it.</summary>
internal sealed class PageEndpoints(IQueueEngine engine, RestMqOptions options)
{
    public async Task PressAsync(HttpContext context)
    {
        // A form needs no consent to be sent from one site to another, and the browser adds its user's rights.
        if (ForeignPage.Sends(context.Request)) throw Problem.Forbidden("These buttons are those of this host's own page; a browser says that another site's page was used.");
        var queue = Route.Queue(context);
        var fields = await Fields.ReadAsync(context, Adding.FormLimit(options));
        switch (context.Request.RouteValues["button"])
        {
            case "purge" when fields.Text("state") is "all":
                await engine.PurgeAsync(queue, context.RequestAborted);
                break;
            case "purge":
                await engine.PurgeAsync(queue, Words.State(fields.Text("state") ?? ""), context.RequestAborted);
                break;
            case "redrive":
                await engine.RedriveAsync(queue, context.RequestAborted);
                break;
            case var other:
                throw Problem.NotFound($"There is no button {other}: there are purge and redrive.");
        }
        Reply.SeeOther(context, Html.Path(context, "j", $"j/{Uri.EscapeDataString(queue.Value)}"));
    }
}
