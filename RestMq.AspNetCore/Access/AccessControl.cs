using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RestMq.Http;

namespace RestMq.Access;

/// <summary>
/// Asks the site's policies, wherever role and queue are known, whether the caller may. Who wants to administer queues of a site that has not
/// said who may must be on this machine: a site that only adds <c>MapRestMq()</c> does not open its queues' purge to the world.
/// </summary>
internal sealed class AccessControl(IHostEnvironment environment, IAuthorizationPolicyProvider? policies = null)
{
    private const string ClosedAdmin =
        "This site has not said who may administer queues, so only callers on its own machine may. In its code: "
        + "MapRestMq().RequireAuthorization(RestMqRole.Admin, policy), or AllowAnonymous() to let everybody; "
        + "the sample host has settings for it. RestMQ's docs/security.md tells more.";

    private readonly bool _isDevelopment = environment.IsDevelopment();

    /// <summary>The one of a site.</summary>
    public static AccessControl Of(IServiceProvider services) =>
        new(services.GetRequiredService<IHostEnvironment>(), services.GetService<IAuthorizationPolicyProvider>());

    /// <summary>A handler that only those get to who may: with each of the queues that the route names.</summary>
    public RequestDelegate Checked(RestMqRole role, RequestDelegate handler) => context =>
        IsOpen(context, role) ? handler(context) : CheckedAsync(context, role, handler);

    /// <summary>Returns when the caller may.</summary>
    /// <exception cref="Problem">He may not.</exception>
    /// <exception cref="AnsweredException">He may not, and has been told so.</exception>
    public ValueTask DemandAsync(HttpContext context, RestMqRole role, QueueName? queue) =>
        IsOpen(context, role) ? default : DemandOfPoliciesAsync(context, role, queue);

    /// <summary>Returns when the caller may in one of the roles, with no queue in particular.</summary>
    /// <exception cref="Problem">He may not.</exception>
    /// <exception cref="AnsweredException">He may not, and has been told so.</exception>
    public async ValueTask DemandOneAsync(HttpContext context, IReadOnlyList<RestMqRole> roles)
    {
        Refusal? refusal = null;
        foreach (var role in roles)
        {
            if (IsOpen(context, role)) return;
            refusal = await FindRefusalAsync(context, role, null);
            if (refusal is null) return;
        }
        if (refusal is not null) throw await refusal.TellAsync(context);
    }

    /// <summary>DemandAsync for a dispatcher of commands.</summary>
    public Func<RestMqRole, QueueName?, ValueTask> Guard(HttpContext context) => (role, queue) => DemandAsync(context, role, queue);

    /// <summary>The same after the response has begun, as in a WebSocket: there is no status left to say it with.</summary>
    public Func<RestMqRole, QueueName?, ValueTask> LateGuard(HttpContext context) => async (role, queue) =>
    {
        if (!IsOpen(context, role) && await FindRefusalAsync(context, role, queue) is { } refusal) throw Problem.Forbidden(refusal.Detail);
    };

    private static bool IsOpen(HttpContext context, RestMqRole role) =>
        role != RestMqRole.Admin && context.GetEndpoint()?.Metadata.GetMetadata<RoleAuthorization>() is null;

    private async Task CheckedAsync(HttpContext context, RestMqRole role, RequestDelegate handler)
    {
        if (context.Request.RouteValues["queue"] is null) await DemandAsync(context, role, null);
        else
        {
            foreach (var queue in Route.Queues(context)) await DemandAsync(context, role, queue);
        }
        await handler(context);
    }

    private async ValueTask DemandOfPoliciesAsync(HttpContext context, RestMqRole role, QueueName? queue)
    {
        if (await FindRefusalAsync(context, role, queue) is { } refusal) throw await refusal.TellAsync(context);
    }

    private async ValueTask<Refusal?> FindRefusalAsync(HttpContext context, RestMqRole role, QueueName? queue)
    {
        var metadata = context.GetEndpoint()!.Metadata;
        if (metadata.GetMetadata<IAllowAnonymous>() is not null) return null;
        var access = new RestMqAccess(context, role, queue);
        var wasAsked = false;
        foreach (var authorization in metadata.GetOrderedMetadata<RoleAuthorization>())
        {
            if (authorization.Role != role) continue;
            wasAsked = true;
            if (await FindRefusalAsync(access, await authorization.PolicyAsync(policies!)) is { } refusal) return refusal;
        }
        if (wasAsked || role != RestMqRole.Admin || IsAuthorizedBySite(metadata)) return null;
        if (policies is not null && await policies.GetFallbackPolicyAsync() is { } fallback) return await FindRefusalAsync(access, fallback);
        return _isDevelopment || LocalCaller.Is(context) ? null : new Refusal(null, IsUnknown: false, ClosedAdmin);
    }

    // By RequireAuthorization() without a role, which the framework has seen to before.
    private static bool IsAuthorizedBySite(EndpointMetadataCollection metadata) =>
        metadata.GetMetadata<IAuthorizeData>() is not null || metadata.GetMetadata<AuthorizationPolicy>() is not null
        || metadata.GetMetadata<IAuthorizationRequirementData>() is not null;

    private static async ValueTask<Refusal?> FindRefusalAsync(RestMqAccess access, AuthorizationPolicy policy)
    {
        var services = access.Context.RequestServices;
        var authenticated = await services.GetRequiredService<IPolicyEvaluator>().AuthenticateAsync(policy, access.Context);
        var result = await services.GetRequiredService<IAuthorizationService>().AuthorizeAsync(access.Context.User, access, policy);
        if (result.Succeeded) return null;
        var wanted = access.Role switch
        {
            RestMqRole.Produce => "add to",
            RestMqRole.Consume => "take from",
            RestMqRole.Stream => "listen to",
            _ => "administer",
        };
        var queues = access.Queue is { } queue ? $"the queue {queue}" : access.Role == RestMqRole.Admin ? "all queues" : "queues";
        var reasons = result.Failure.FailureReasons.Select(reason => reason.Message);
        return new Refusal(policy, !authenticated.Succeeded, string.Join(' ', [$"This caller may not {wanted} {queues}.", .. reasons]));
    }
}
