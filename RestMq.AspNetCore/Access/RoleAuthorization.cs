using Microsoft.AspNetCore.Authorization;

namespace RestMq.Access;

/// <summary>The metadata by which an endpoint tells which policy a role needs: by its name, or itself.</summary>
internal sealed record RoleAuthorization(RestMqRole Role, string Name, AuthorizationPolicy? Policy = null)
{
    public async ValueTask<AuthorizationPolicy> PolicyAsync(IAuthorizationPolicyProvider policies) =>
        Policy ?? await policies.GetPolicyAsync(Name) ?? throw new InvalidOperationException($"The authorization policy '{Name}' was not found.");
}
