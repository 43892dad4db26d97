using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RestMq.Http;
using RestMq.Pages;

namespace RestMq.Access;

/// <summary>Holds why a caller is refused, and by which policy.</summary>
/// <param name="Policy">The policy that refused; null when no policy was asked.</param>
/// <param name="IsUnknown">Whether the caller is not authenticated, so that credentials may help.</param>
/// <param name="Detail">The reason, as the client reads it.</param>
internal sealed record Refusal(AuthorizationPolicy? Policy, bool IsUnknown, string Detail)
{
    /// <summary>Lets the site's authentication add to the reply, such as a <c>WWW-Authenticate</c> header.</summary>
    /// <returns>The exception to throw.</returns>
    public async ValueTask<Exception> TellAsync(HttpContext context)
    {
        var asked = false;
        foreach (var scheme in await SchemesAsync(context))
        {
            asked = true;
            if (IsUnknown) await context.ChallengeAsync(scheme);
            else await context.ForbidAsync(scheme);
        }
        if (asked && TakeBackRedirect(context)) return IsUnknown ? Problem.Unauthorized(Detail) : Problem.Forbidden(Detail);
        if (asked && (context.Response.HasStarted || context.Response.StatusCode is not (401 or 403))) return new AnsweredException();
        return asked && context.Response.StatusCode == 401 ? Problem.Unauthorized(Detail) : Problem.Forbidden(Detail);
    }

    // Schemes for browsers, such as cookies and OpenID Connect, redirect to a log-in page. Other clients would follow the
    // redirect and read the page as the reply.
    private static bool TakeBackRedirect(HttpContext context)
    {
        if (context.Response is not { HasStarted: false, StatusCode: >= 300 and < 400 } || Html.IsWanted(context)) return false;
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.Headers.Remove("Location");
        return true;
    }

    private async ValueTask<IReadOnlyList<string>> SchemesAsync(HttpContext context)
    {
        if (Policy is null) return [];
        if (Policy.AuthenticationSchemes.Count > 0) return Policy.AuthenticationSchemes;
        if (context.RequestServices.GetService<IAuthenticationSchemeProvider>() is not { } schemes) return [];
        var scheme = IsUnknown ? await schemes.GetDefaultChallengeSchemeAsync() : await schemes.GetDefaultForbidSchemeAsync();
        return scheme is null ? [] : [scheme.Name];
    }
}

/// <summary>
/// Thrown when the site's authentication has written the whole reply, such as its log-in page. Nothing may be added.
/// </summary>
internal sealed class AnsweredException : Exception;
