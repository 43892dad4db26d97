using Microsoft.AspNetCore.Http;

namespace RestMq;

/// <summary>
/// What a caller wants to do: the resource that the policies of <c>RequireAuthorization(RestMqRole, …)</c> are asked about. An
/// <c>AuthorizationHandler&lt;TRequirement, RestMqAccess&gt;</c> decides by queue.
/// </summary>
/// <param name="Context">The request.</param>
/// <param name="Role">What is to be done.</param>
/// <param name="Queue">With which queue; null for no queue in particular: a page, or for <see cref="RestMqRole.Admin"/> the list of all queues.</param>
public sealed record RestMqAccess(HttpContext Context, RestMqRole Role, QueueName? Queue);
