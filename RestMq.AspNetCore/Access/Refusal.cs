using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RestMq.Http;

namespace RestMq.Access;

/// <summary>Why a caller may not, and whose business it is to tell him.</summary>
/// <param name="Policy">The policy that refused; null when none was asked.</param>
/// <param name="IsUnknown">Whether he may if he says who he is.</param>
/// <param name="Detail">The reason, for him.</param>
internal sealed record Refusal(AuthorizationPolicy? Policy, bool IsUnknown, string Detail)
{
    /// <summary>Lets the site's authentication have its say, such as a <c>WWW-Authenticate</c> header, and gives what is to be thrown.</summary>
    public async ValueTask<Exception> TellAsync(HttpContext context)
    {
        var asked = false;
        foreach (var scheme in await SchemesAsync(context))
        {
            asked = true;
            if (IsUnknown) await context.ChallengeAsync(scheme);
            else await context.ForbidAsync(scheme);
        }
        if (asked && (context.Response.HasStarted || context.Response.StatusCode is not (401 or 403))) return new AnsweredException();
        return asked && context.Response.StatusCode == 401 ? Problem.Unauthorized(Detail) : Problem.Forbidden(Detail);
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

/// <summary>The site's authentication has answered in its own way, such as with its log-in page: nothing is left to say.</summary>
internal sealed class AnsweredException : Exception;
