using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RestMq.Http;
using RestMq.Limits;

namespace RestMq.Access;

/// <summary>
/// Asks the site's authorization policies whether a caller may use a role with a queue. When a site has no policy for
/// <see cref="RestMqRole.Admin"/>, only callers on its own machine may administer. A site that only calls
/// <c>MapRestMq()</c> therefore does not let remote callers purge its queues.
/// </summary>
internal sealed class AccessControl(IAuthorizationPolicyProvider? policies = null, QueueQuota? quota = null, RestMqOptions? options = null)
{
    private const string ClosedAdmin =
        "Only callers on this host's own machine may administer its queues, because the site has no policy for the "
        + "role Admin. This caller is not one of them: it must come from a loopback address, through no proxy, name "
        + "localhost, 127.0.0.1 or [::1] as the host, and act for no other site's page. To allow others, call "
        + "MapRestMq().RequireAuthorization(RestMqRole.Admin, policy), or AllowAnonymous() to allow everybody. "
        + "The sample host has settings for it. See RestMQ's docs/how-to/secure-a-host.md.";

    /// <summary>The roles that a command may need.</summary>
    public static readonly RestMqRole[] RolesOfCommands = [RestMqRole.Produce, RestMqRole.Consume, RestMqRole.Admin];

    private readonly int _maxQueues = (options ?? new RestMqOptions()).MaxQueuesPerTake;

    /// <summary>Creates the access control of a site.</summary>
    public static AccessControl Of(IServiceProvider services) => new(
        services.GetService<IAuthorizationPolicyProvider>(), QueueQuota.Of(services), services.GetService<IOptions<RestMqOptions>>()?.Value);

    /// <summary>
    /// Wraps a handler so that it runs only for callers that may use the role with every queue in the path.
    /// </summary>
    public RequestDelegate Checked(RestMqRole role, RequestDelegate handler) => context =>
        IsOpen(context, role) ? handler(context) : CheckedAsync(context, role, handler);

    /// <summary>
    /// Throws when the caller may not use a role with a queue, or may not make the queue that it adds to.
    /// </summary>
    /// <exception cref="Problem">The caller may not.</exception>
    /// <exception cref="AnsweredException">The caller may not, and the site's authentication has replied.</exception>
    /// <exception cref="RestMqFullException">The caller may not make one more queue.</exception>
    public ValueTask DemandAsync(HttpContext context, RestMqRole role, QueueName? queue)
    {
        return IsOpen(context, role) ? AdmitAsync(context, role, queue) : DemandThenAdmitAsync();

        async ValueTask DemandThenAdmitAsync()
        {
            await DemandOfPoliciesAsync(context, role, queue);
            await AdmitAsync(context, role, queue);
        }
    }

    /// <summary>Throws when a role adds to a queue that the caller may not make.</summary>
    /// <exception cref="RestMqFullException">The caller may not make one more queue.</exception>
    public ValueTask AdmitAsync(HttpContext context, RestMqRole role, QueueName? queue) =>
        role is RestMqRole.Produce && queue is not null && quota is not null ? quota.AdmitAsync(context, queue) : default;

    /// <summary>Throws when the caller may use none of the roles, with no queue in particular.</summary>
    /// <exception cref="Problem">The caller may not.</exception>
    /// <exception cref="AnsweredException">The caller may not, and the site's authentication has replied.</exception>
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

    /// <summary>
    /// Throws when an unknown caller announces a large body, before the body is read. Policies decide by the queue, which
    /// is in the body, so a known caller is asked afterwards. A small body costs no more than a connection.
    /// </summary>
    /// <exception cref="Problem">The caller is unknown and may use none of the roles.</exception>
    /// <exception cref="AnsweredException">As above, and the site's authentication has replied.</exception>
    public async ValueTask DemandKnownAsync(HttpContext context, IReadOnlyList<RestMqRole> roles)
    {
        if (context.Request.ContentLength <= BodyCharge.Free) return;
        Refusal? refusal = null;
        foreach (var role in roles)
        {
            if (IsOpen(context, role)) return;
            refusal = await FindRefusalAsync(context, role, null);
            if (refusal is not { IsUnknown: true }) return;
        }
        if (refusal is not null) throw await refusal.TellAsync(context);
    }

    /// <summary>Returns whether the caller may administer, without a queue in particular. Writes nothing.</summary>
    public async ValueTask<bool> MayAdministerAsync(HttpContext context) => await FindRefusalAsync(context, RestMqRole.Admin, null) is null;

    /// <summary>Returns <see cref="DemandAsync"/> of a request, for the dispatcher of commands.</summary>
    public Func<RestMqRole, QueueName?, ValueTask> Guard(HttpContext context) => (role, queue) => DemandAsync(context, role, queue);

    /// <summary>
    /// Returns the guard for a response that has begun, as in a WebSocket. It cannot set a status, so it only throws.
    /// </summary>
    public Func<RestMqRole, QueueName?, ValueTask> LateGuard(HttpContext context) => async (role, queue) =>
    {
        if (!IsOpen(context, role) && await FindRefusalAsync(context, role, queue) is { } refusal) throw Problem.Forbidden(refusal.Detail);
        await AdmitAsync(context, role, queue);
    };

    private static bool IsOpen(HttpContext context, RestMqRole role) =>
        role != RestMqRole.Admin && context.GetEndpoint()?.Metadata.GetMetadata<RoleAuthorization>() is null;

    private async Task CheckedAsync(HttpContext context, RestMqRole role, RequestDelegate handler)
    {
        if (context.Request.RouteValues["queue"] is null) await DemandOfPoliciesAsync(context, role, null);
        else
        {
            foreach (var queue in Route.Queues(context, _maxQueues)) await DemandOfPoliciesAsync(context, role, queue);
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
        return LocalCaller.Is(context) ? null : new Refusal(null, IsUnknown: false, ClosedAdmin);
    }

    // By RequireAuthorization() without a role. The framework's middleware has already applied that policy.
    internal static bool IsAuthorizedBySite(EndpointMetadataCollection metadata) =>
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
        return new Refusal(policy, !authenticated.Succeeded, string.Join(' ',
        [
            $"This caller may not {wanted} {queues}.", $"The policy for the role {access.Role} refused it.", .. reasons,
        ]));
    }
}
