using Microsoft.AspNetCore.Http;
using RestMq.Access;
using RestMq.Http;
using RestMq.Pages;
using RestMq.Wire;

namespace RestMq.Endpoints;

/// <summary>
/// Handles the buttons of a queue's page, <c>POST /j/{queue}/purge</c> and <c>/redrive</c>. Clients other than browsers
/// use <c>DELETE /q/{queue}</c> and <c>POST /control/{queue}</c>.
/// </summary>
internal sealed class PageEndpoints(IQueueEngine engine, RestMqOptions options)
{
    public async Task PressAsync(HttpContext context)
    {
        // Cross-site request forgery: another site's page may send a form here, and the browser adds its user's
        // credentials.
        if (ForeignPage.Sends(context.Request))
        {
            throw Problem.Forbidden(
                "These buttons must be used on this host's own page, but the browser says that another site's page "
                + "sent the form. Open the queue's page on this host.");
        }
        var queue = Route.Queue(context);
        var fields = await Fields.ReadAsync(context, AddRequests.FormLimit(options));
        switch (context.Request.RouteValues["button"])
        {
            case "purge" when fields.Text("state") is "all":
                await engine.DeleteQueueAsync(queue, context.RequestAborted);
                break;
            case "purge":
                await engine.PurgeAsync(queue, WireNames.State(fields.Text("state") ?? ""), context.RequestAborted);
                break;
            case "redrive":
                await engine.RedriveAsync(queue, context.RequestAborted);
                break;
            case var other:
                throw Problem.NotFound($"The button must be purge or redrive, but was '{other}'.");
        }
        Reply.SeeOther(context, Html.Path(context, "j", $"j/{Uri.EscapeDataString(queue.Value)}"));
    }
}
