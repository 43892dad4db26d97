using Microsoft.AspNetCore.Authorization;

namespace RestMq.Access;

/// <summary>
/// Tells, as metadata of an endpoint, which policy a role needs: a named policy of the site, or a given one.
/// </summary>
internal sealed record RoleAuthorization(RestMqRole Role, string Name, AuthorizationPolicy? Policy = null)
{
    public async ValueTask<AuthorizationPolicy> PolicyAsync(IAuthorizationPolicyProvider policies) =>
        Policy ?? await policies.GetPolicyAsync(Name) ?? throw new InvalidOperationException(
            $"RequireAuthorization() needs the authorization policy '{Name}', but the site has none of that name. "
            + "Add it in AddAuthorization().");
}
