using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace RestMq.Http;

/// <summary>
/// Reports a store that is away in an endpoint of the site. It names no rights, because the site's endpoint says
/// nothing about who may administer queues.
/// </summary>
internal sealed class StoreExceptionHandler : IExceptionHandler
{
    public ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not RestMqUnavailableException || Failures.ProblemOf(exception) is not { } problem) return new(false);
        problem.WriteTo(httpContext);
        return new(true);
    }
}
