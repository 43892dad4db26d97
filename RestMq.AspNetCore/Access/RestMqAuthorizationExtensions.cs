using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using RestMq.Access;
using RestMq.Http;

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

    /// <summary>
    /// Puts an endpoint of the site's own under the rules of RestMQ's roles: metrics under those of <see cref="RestMqRole.Admin"/>, say. Who may in one
    /// of the roles, with no queue in particular, gets to it.
    /// </summary>
    /// <remarks>The policies are those that the endpoint was given by <c>RequireAuthorization(RestMqRole, …)</c>, as the group of <c>MapRestMq()</c> was.</remarks>
    /// <param name="builder">The endpoint.</param>
    /// <param name="roles">The roles, of which one is enough. The last one's refusal is what a caller is told.</param>
    public static TBuilder RequireRestMqRole<TBuilder>(this TBuilder builder, params RestMqRole[] roles) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            var handler = endpoint.RequestDelegate ?? throw new InvalidOperationException($"{endpoint.DisplayName} has no handler to guard.");
            var access = AccessControl.Of(endpoint.ApplicationServices);
            endpoint.RequestDelegate = async context =>
            {
                var isLet = false;
                await Failures.Told(async asked =>
                {
                    await access.DemandOneAsync(asked, roles);
                    isLet = true;
                })(context);
                if (isLet) await handler(context); // Outside: its failures are the site's.
            };
        });
        return builder;
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
