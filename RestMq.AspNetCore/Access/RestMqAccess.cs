using Microsoft.AspNetCore.Http;

namespace RestMq;

/// <summary>
/// Describes what a caller wants to do. It is the resource of the policies of
/// <c>RequireAuthorization(RestMqRole, …)</c>. To decide by queue, write an
/// <c>AuthorizationHandler&lt;TRequirement, RestMqAccess&gt;</c>.
/// </summary>
/// <param name="Context">The request.</param>
/// <param name="Role">The role that the request needs.</param>
/// <param name="Queue">
/// The queue. Null for no queue in particular: a page, or for <see cref="RestMqRole.Admin"/> the list of all queues.
/// </param>
public sealed record RestMqAccess(HttpContext Context, RestMqRole Role, QueueName? Queue);
