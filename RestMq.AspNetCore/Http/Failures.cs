using Microsoft.AspNetCore.Http;
using RestMq.Access;

namespace RestMq.Http;

/// <summary>The one place where what went wrong becomes a status.</summary>
internal static class Failures
{
    /// <summary>
    /// A handler whose failures are told to the client. A cancellation is passed on: the server knows that its client
    /// went away, and a site's request timeout has an answer of its own.
    /// </summary>
    public static RequestDelegate Told(RequestDelegate handler) => async context =>
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
            // Half a reply cannot be mended: the client must see that it is one.
            if (context.Response.HasStarted) context.Abort();
            else problem.WriteTo(context);
        }
    };

    /// <summary>The problem that an exception is for the client; null when it is a mistake of ours.</summary>
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
