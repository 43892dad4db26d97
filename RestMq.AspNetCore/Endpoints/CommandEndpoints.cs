using Microsoft.AspNetCore.Http;
using RestMq.Http;
using RestMq.Pages;

namespace RestMq.Endpoints;

/// <summary><c>/queue</c>: the JSON protocol, in a field or as the body.</summary>
internal sealed class CommandEndpoints(IQueueEngine engine, CommandDispatcher dispatcher, RestMqOptions options)
{
    public Task FormAsync(HttpContext context)
    {
        Reply.Html(context, CommandPage.Html);
        return Task.CompletedTask;
    }

    public async Task DispatchAsync(HttpContext context)
    {
        var queue = context.Request.RouteValues["queue"] is null ? null : Route.Queue(context);
        var fields = await Fields.ReadAsync(context, Adding.FormLimit(options));
        var callback = fields.Callback;
        var reply = await dispatcher.DispatchAsync(await CommandAsync(context, fields), queue, context.RequestAborted);
        context.Response.StatusCode = reply.Outcome switch
        {
            CommandOutcome.Refused => StatusCodes.Status400BadRequest,
            CommandOutcome.Unavailable => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status200OK,
        };
        if (reply.Outcome == CommandOutcome.Unavailable) context.Response.Headers.RetryAfter = "1";
        if (reply.Taken is { } taken) await HandOut.SendAsync(context, engine, [taken], () => Write(context, callback, reply));
        else Write(context, callback, reply);
    }

    private async ValueTask<ReadOnlyMemory<byte>> CommandAsync(HttpContext context, Fields fields)
    {
        if ((fields.Find("body") ?? fields.Find("msg")) is { } field) return field.Value;
        // curl says that what it posts is a form also when it is a command by itself.
        return Fields.IsForm(context.Request.ContentType) ? fields.Body : await RequestBody.ReadAsync(context.Request, Adding.FormLimit(options));
    }

    private static void Write(HttpContext context, string? callback, CommandReply reply) =>
        Reply.Json(context, callback, reply, static (writer, r) => writer.WriteRawValue(r.Json.Span, skipInputValidation: true));
}
