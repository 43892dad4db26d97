using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using RestMq.Access;

namespace RestMq;

/// <summary>Says who may do what with the queues that <c>MapRestMq()</c> maps.</summary>
/// <remarks>
/// A policy is asked with a <see cref="RestMqAccess"/> wherever role and queue are known: for a route, for each of several queues in one
/// take, for each command of the JSON protocol (also in a WebSocket's frames) and each call of XML-RPC. Several policies for a role must all
/// agree. A role without a policy is open, but for <see cref="RestMqRole.Admin"/>: outside Development that is for callers on this machine
/// only, unless the site says otherwise by a policy of its own or by <c>AllowAnonymous()</c>.
/// </remarks>
public static class RestMqAuthorizationExtensions
{
    /// <summary>Requires a policy of the site for all that needs a role.</summary>
    /// <param name="builder">What <c>MapRestMq()</c> returned.</param>
    /// <param name="role">The role.</param>
    /// <param name="policy">The policy's name.</param>
    public static TBuilder RequireAuthorization<TBuilder>(this TBuilder builder, RestMqRole role, string policy)
        where TBuilder : IEndpointConventionBuilder => builder.Require(new RoleAuthorization(role, policy));

    /// <summary>Requires a policy for all that needs a role.</summary>
    /// <param name="builder">What <c>MapRestMq()</c> returned.</param>
    /// <param name="role">The role.</param>
    /// <param name="policy">The policy.</param>
    public static TBuilder RequireAuthorization<TBuilder>(this TBuilder builder, RestMqRole role, AuthorizationPolicy policy)
        where TBuilder : IEndpointConventionBuilder => builder.Require(new RoleAuthorization(role, "", policy));

    /// <summary>Requires a policy, made here, for all that needs a role.</summary>
    /// <param name="builder">What <c>MapRestMq()</c> returned.</param>
    /// <param name="role">The role.</param>
    /// <param name="configure">Makes the policy.</param>
    public static TBuilder RequireAuthorization<TBuilder>(this TBuilder builder, RestMqRole role, Action<AuthorizationPolicyBuilder> configure)
        where TBuilder : IEndpointConventionBuilder
    {
        var policy = new AuthorizationPolicyBuilder();
        configure(policy);
        return builder.RequireAuthorization(role, policy.Build());
    }

    private static TBuilder Require<TBuilder>(this TBuilder builder, RoleAuthorization authorization) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            if (endpoint.ApplicationServices.GetService<IPolicyEvaluator>() is null)
                throw new InvalidOperationException("RequireAuthorization() needs the site's authorization: call builder.Services.AddAuthorization().");
            endpoint.Metadata.Add(authorization);
        });
        return builder;
    }
}
