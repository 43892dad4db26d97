using Microsoft.AspNetCore.Authorization;

namespace RestMq.Sample.Access;

/// <summary>Decides by the rules in force.</summary>
internal sealed class AccessHandler(AccessStore store) : AuthorizationHandler<AccessRequirement, RestMqAccess>
{
    private static readonly object Excluded = new();

    /// <summary>Whether a request was refused for the network it comes from.</summary>
    public static bool IsExcluded(HttpContext context) => context.Items[Excluded] is true;

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, AccessRequirement requirement, RestMqAccess resource)
    {
        var rules = store.Rules;
        var isExcluded = rules.Excludes(resource);
        resource.Context.Items[Excluded] = isExcluded; // The last that was asked counts.
        if (isExcluded)
            context.Fail(new AuthorizationFailureReason(this, $"Its address, {resource.Context.Connection.RemoteIpAddress}, is not let in."));
        else if (rules.Lets(resource, context.User)) context.Succeed(requirement);
        return Task.CompletedTask;
    }
}

/// <summary>That the rules let the caller.</summary>
internal sealed class AccessRequirement : IAuthorizationRequirement;
