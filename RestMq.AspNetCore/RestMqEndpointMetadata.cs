namespace RestMq;

/// <summary>
/// The metadata by which every endpoint of <c>MapRestMq()</c> tells its role. An endpoint that takes commands, <c>/queue</c> and
/// <c>/xmlrpc</c>, tells the most that a command may need.
/// </summary>
/// <param name="Role">The role.</param>
public sealed record RestMqEndpointMetadata(RestMqRole Role);
