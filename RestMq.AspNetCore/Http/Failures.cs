using Microsoft.AspNetCore.Http;
using RestMq.Access;

namespace RestMq.Http;

/// <summary>The only place where exceptions become HTTP statuses.</summary>
internal static class Failures
{
    /// <summary>
    /// Wraps a handler so that its failures are reported to the client. A cancellation is not caught: the server
    /// already knows that the client disconnected, and ASP.NET Core's request timeouts write their own reply.
    /// </summary>
    public static RequestDelegate Report(RequestDelegate handler, AccessControl access) => async context =>
    {
        using var trace = SenderTrace.Begin(context.Request);
        try
        {
            await handler(context);
        }
        catch (AnsweredException)
        {
            // The access check has written the reply. The exception only ended the handler.
        }
        catch (Exception e) when (ProblemOf(e) is { } problem)
        {
            // If a part of the reply has been sent, abort the connection, so that the client sees that it is
            // incomplete.
            if (context.Response.HasStarted) context.Abort();
            else if (e is RestMqStoreRefusedException refused && await access.MayAdministerAsync(context)) Problem.StoreRefused(refused.Details).WriteTo(context);
            else problem.WriteTo(context);
        }
    };

    /// <summary>
    /// Returns the problem that reports an exception to the client. Null for an exception that is neither the client's
    /// nor the store's fault: a cancellation, or a bug.
    /// </summary>
    public static Problem? ProblemOf(Exception e) => e switch
    {
        Problem problem => problem,
        FormatException => Problem.BadRequest(e.Message), // Thrown by everything that parses a request.
        RestMqFullException => Problem.Full(e.Message),
        RestMqNotReplicatedException => Problem.NotReplicated(e.Message),
        RestMqStoreRefusedException => Problem.StoreRefused(e.Message), // Its details are for administrators.
        RestMqUnavailableException => Problem.Unavailable(e.Message),
        RestMqDurabilityException => Problem.DurabilityUnsupported(e.Message),
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => Problem.RequestTimeout(
            "A body must arrive at the least rate of this host, but this one is slower. Nothing was changed. Send it again."),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Problem.TooLarge(e.Message),
        BadHttpRequestException => Problem.BadRequest(e.Message),
        _ => null,
    };
}
