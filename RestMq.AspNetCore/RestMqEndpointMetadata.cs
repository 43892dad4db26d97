namespace RestMq;

/// <summary>
/// Tells, as metadata of every endpoint of <c>MapRestMq()</c>, the role that the endpoint needs. The endpoints
/// <c>/queue</c> and <c>/xmlrpc</c> take commands. Their role is the highest that a command may need.
/// </summary>
/// <param name="Role">The role that the endpoint needs.</param>
public sealed record RestMqEndpointMetadata(RestMqRole Role);
