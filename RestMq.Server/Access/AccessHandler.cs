using System.Net;
using Microsoft.AspNetCore.Authorization;

namespace RestMq.Server.Access;

/// <summary>Decides by the access rules in force.</summary>
internal sealed class AccessHandler(AccessStore store) : AuthorizationHandler<AccessRequirement, RestMqAccess>
{
    private static readonly object Excluded = new();

    /// <summary>Returns whether a request was refused because of the caller's network.</summary>
    public static bool IsExcluded(HttpContext context) => context.Items[Excluded] is true;

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, AccessRequirement requirement, RestMqAccess resource)
    {
        var rules = store.Rules;
        var isExcluded = rules.Excludes(resource);
        resource.Context.Items[Excluded] = isExcluded; // Of several checks of a request, the last one counts.
        if (isExcluded)
        {
            context.Fail(new AuthorizationFailureReason(
                this,
                CallerAddress.Of(resource.Context) is { } address
                    ? $"Its address must be in an allowed network, but was {address}."
                        + (IPAddress.IsLoopback(address) ? " A loopback address stands for a caller on this machine that no proxy forwards." : "")
                    : "Its address must be in an allowed network, but is hidden by a proxy. Name the proxy in Site:KnownProxies."));
        }
        else if (rules.Lets(resource, context.User)) context.Succeed(requirement);
        return Task.CompletedTask;
    }
}

/// <summary>Requires that the access rules allow the caller.</summary>
internal sealed class AccessRequirement : IAuthorizationRequirement;
