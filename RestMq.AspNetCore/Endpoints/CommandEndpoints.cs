using Microsoft.AspNetCore.Http;
using RestMq.Access;
using RestMq.Http;
using RestMq.Pages;

namespace RestMq.Endpoints;

/// <summary>Handles <c>/queue</c>: commands of the JSON protocol, in a field or as the body.</summary>
internal sealed class CommandEndpoints(CommandDispatcher dispatcher, DeliverySender handOut, AccessControl access, RestMqOptions options)
{
    public Task FormAsync(HttpContext context)
    {
        Reply.Html(context, CommandPage.Of(context));
        return Task.CompletedTask;
    }

    public async Task DispatchAsync(HttpContext context)
    {
        try
        {
            await access.DemandKnownAsync(context, AccessControl.RolesOfCommands);
            var queue = context.Request.RouteValues["queue"] is null ? null : Route.Queue(context);
            var fields = await Fields.ReadAsync(context, AddRequests.FormLimit(options), orJson: true);
            var callback = fields.Callback;
            var reply = await dispatcher.DispatchAsync(await CommandAsync(context, fields), queue, CommandScope.All, access.Guard(context), context.RequestAborted);
            Problem.SetStatus(context.Response, StatusOf(reply.Outcome));
            if (reply.Taken is { } taken) await handOut.SendAsync(context, [taken], () => Write(context, callback, reply), reply.IsLeased);
            else Write(context, callback, reply);
        }
        catch (Exception e) when (Failures.ProblemOf(e) is { } problem && !context.Response.HasStarted)
        {
            if (e is RestMqStoreRefusedException refused && await access.MayAdministerAsync(context)) problem = Problem.StoreRefused(refused.Details);
            // Every failure of a command is reported as an error of the JSON protocol, not as problem+json.
            Problem.SetStatus(context.Response, problem.Status);
            Reply.Json(context, callback: null, problem, static (writer, p) => p.WriteError(writer));
        }
    }

    private static int StatusOf(CommandOutcome outcome) => outcome switch
    {
        CommandOutcome.Refused => StatusCodes.Status400BadRequest,
        CommandOutcome.TooLarge => StatusCodes.Status413PayloadTooLarge,
        CommandOutcome.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status200OK,
    };

    private async ValueTask<ReadOnlyMemory<byte>> CommandAsync(HttpContext context, Fields fields)
    {
        if ((fields.Find("body") ?? fields.Find("msg")) is { } field) return field.Value;
        // curl -d sends the content type of a form, also when the body is a command.
        return await fields.BodyAsync(context.Request, AddRequests.FormLimit(options));
    }

    private static void Write(HttpContext context, string? callback, CommandReply reply) =>
        Reply.Json(context, callback, reply, static (writer, r) => writer.WriteRawValue(r.Json.Span, skipInputValidation: true));
}
