namespace RestMq;

/// <summary>What an endpoint lets its caller do. Every endpoint of <c>MapRestMq()</c> carries one, so that a host can authorize by it.</summary>
public enum RestMqRole
{
    /// <summary>Add messages.</summary>
    Produce,

    /// <summary>Take, look at and settle messages.</summary>
    Consume,

    /// <summary>Listen to a live stream; over a WebSocket also add, take and settle messages.</summary>
    Stream,

    /// <summary>Purge, change settings, start and stop, see all queues.</summary>
    Admin,
}

/// <summary>The metadata by which an endpoint tells its role.</summary>
/// <param name="Role">The role.</param>
public sealed record RestMqEndpointMetadata(RestMqRole Role);
