using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using RestMq.Access;
using RestMq.Http;

namespace RestMq;

/// <summary>Restricts who may do what with the queues that <c>MapRestMq()</c> maps.</summary>
/// <remarks>
/// A policy is asked with a <see cref="RestMqAccess"/> for each route, for each of several queues in one take, for each
/// command of the JSON protocol (also in a WebSocket's frames) and for each call of XML-RPC. When a role has several
/// policies, all of them must agree. A role without a policy is open to everybody, except
/// <see cref="RestMqRole.Admin"/>. Only callers on this machine may administer, until the site adds a policy or calls
/// <c>AllowAnonymous()</c>.
/// </remarks>
public static class RestMqAuthorizationExtensions
{
    /// <summary>Requires a named policy of the site for every request that needs a role.</summary>
    /// <param name="builder">The group that <c>MapRestMq()</c> returned.</param>
    /// <param name="role">The role.</param>
    /// <param name="policy">The policy's name.</param>
    public static TBuilder RequireAuthorization<TBuilder>(this TBuilder builder, RestMqRole role, string policy)
        where TBuilder : IEndpointConventionBuilder => builder.Require(new RoleAuthorization(role, policy));

    /// <summary>Requires a policy for every request that needs a role.</summary>
    /// <param name="builder">The group that <c>MapRestMq()</c> returned.</param>
    /// <param name="role">The role.</param>
    /// <param name="policy">The policy.</param>
    public static TBuilder RequireAuthorization<TBuilder>(this TBuilder builder, RestMqRole role, AuthorizationPolicy policy)
        where TBuilder : IEndpointConventionBuilder => builder.Require(new RoleAuthorization(role, "", policy));

    /// <summary>Requires a policy that is built here for every request that needs a role.</summary>
    /// <param name="builder">The group that <c>MapRestMq()</c> returned.</param>
    /// <param name="role">The role.</param>
    /// <param name="configure">Builds the policy.</param>
    public static TBuilder RequireAuthorization<TBuilder>(this TBuilder builder, RestMqRole role, Action<AuthorizationPolicyBuilder> configure)
        where TBuilder : IEndpointConventionBuilder
    {
        var policy = new AuthorizationPolicyBuilder();
        configure(policy);
        return builder.RequireAuthorization(role, policy.Build());
    }

    /// <summary>
    /// Restricts an endpoint of the site to callers that may use one of RestMQ's roles, with no queue in particular.
    /// For example, restrict metrics to <see cref="RestMqRole.Admin"/>.
    /// </summary>
    /// <remarks>
    /// Give the endpoint its policies with <c>RequireAuthorization(RestMqRole, …)</c>, as for the group of
    /// <c>MapRestMq()</c>.
    /// </remarks>
    /// <param name="builder">The endpoint.</param>
    /// <param name="roles">
    /// The roles, of which one is enough. A refused caller gets the refusal of the last role.
    /// </param>
    public static TBuilder RequireRestMqRole<TBuilder>(this TBuilder builder, params RestMqRole[] roles) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            var handler = endpoint.RequestDelegate ?? throw new InvalidOperationException(
                $"RequireRestMqRole() needs an endpoint with a handler, but '{endpoint.DisplayName}' has none.");
            var access = AccessControl.Of(endpoint.ApplicationServices);
            var gate = new RequestGate(new HostNames(endpoint.ApplicationServices));
            endpoint.RequestDelegate = async context =>
            {
                var isLet = false;
                await Failures.Report(async asked =>
                {
                    gate.Check(asked);
                    await access.DemandOneAsync(asked, roles);
                    isLet = true;
                }, access)(context);
                if (isLet) await handler(context); // Outside Told: the site reports failures of its own handler.
            };
        });
        return builder;
    }

    private static TBuilder Require<TBuilder>(this TBuilder builder, RoleAuthorization authorization) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            if (endpoint.ApplicationServices.GetService<IPolicyEvaluator>() is null)
                throw new InvalidOperationException(
                    "RequireAuthorization() needs the site's authorization. Call builder.Services.AddAuthorization().");
            endpoint.Metadata.Add(authorization);
        });
        return builder;
    }
}
