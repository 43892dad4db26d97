using Microsoft.AspNetCore.Http;
using RestMq.Access;

namespace RestMq.Http;

/// <summary>Turns exceptions into HTTP statuses. No other code does.</summary>
internal static class Failures
{
    /// <summary>
    /// Wraps a handler so that its failures are reported to the client. A cancellation passes through: the server
    /// already knows that the client disconnected, and a site's request timeout writes its own reply.
    /// </summary>
    public static RequestDelegate Report(RequestDelegate handler) => async context =>
    {
        using var trace = SenderTrace.Begin(context.Request);
        try
        {
            await handler(context);
        }
        catch (AnsweredException)
        {
        }
        catch (Exception e) when (ProblemOf(e) is { } problem)
        {
            // Part of the reply is sent. Abort the connection, so that the client sees that the reply is incomplete.
            if (context.Response.HasStarted) context.Abort();
            else problem.WriteTo(context);
        }
    };

    /// <summary>
    /// Returns the problem that reports an exception to the client; null when the exception is a bug of RestMQ.
    /// </summary>
    public static Problem? ProblemOf(Exception e) => e switch
    {
        Problem problem => problem,
        FormatException => Problem.BadRequest(e.Message),
        RestMqNotReplicatedException => Problem.NotReplicated(e.Message),
        RestMqUnavailableException => Problem.Unavailable(e.Message),
        RestMqDurabilityException => Problem.DurabilityUnsupported(e.Message),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Problem.TooLarge(e.Message),
        BadHttpRequestException => Problem.BadRequest(e.Message),
        _ => null,
    };
}
