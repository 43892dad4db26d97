using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RestMq.Redis.Connections;

/// <summary>
/// Gives the link that calls go by now: one connection for all (<see cref="DirectSource"/>), or that to the primary
/// of the moment (<see cref="Sentinel.SentinelSource"/>).
/// </summary>
internal abstract partial class RedisSource(ILogger logger) : IAsyncDisposable
{
    /// <summary>How long a call may take, and the making of the connection.</summary>
    public abstract TimeSpan Patience { get; }

    /// <summary>The servers, without a password.</summary>
    public abstract string Description { get; }

    /// <summary>
    /// Whether a call gives up in time by itself; an application's own connection may be more patient than a caller
    /// should be.
    /// </summary>
    public abstract bool GivesUpInTime { get; }

    /// <summary>The settings that connections are made by; null where the application makes them.</summary>
    public abstract ConfigurationOptions? Configuration { get; }

    /// <summary>The link that calls go by now; null when there is none.</summary>
    public abstract RedisLink? Current { get; }

    /// <summary>Raised when there is a connection again, maybe another one: wake-ups may have been missed.</summary>
    public event Action? Restored;

    /// <summary>
    /// Raised when servers have changed their parts, as in a cluster's failover or move of a slot: some subscriptions
    /// may have moved too.
    /// </summary>
    public event Action? Moved;

    /// <summary>Returns the link that a call may go by, waiting for it within <see cref="Patience"/>.</summary>
    /// <exception cref="RestMqUnavailableException">There is none; its inner exception says why.</exception>
    public abstract ValueTask<RedisLink> LinkAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Completes when a reply that came by the link can be believed: its server is still the primary.
    /// </summary>
    /// <exception cref="RestMqUnavailableException">It is not known whether the reply outlives a failover.</exception>
    public virtual ValueTask ConfirmAsync(RedisLink link) => default;

    public abstract ValueTask DisposeAsync();

    protected void Watch(IConnectionMultiplexer connection)
    {
        connection.ConnectionRestored += OnRestored;
        connection.ConnectionFailed += OnFailed;
        connection.HashSlotMoved += OnSlotMoved;
        connection.ConfigurationChanged += OnConfigurationChanged;
    }

    protected void Unwatch(IConnectionMultiplexer connection)
    {
        connection.ConnectionRestored -= OnRestored;
        connection.ConnectionFailed -= OnFailed;
        connection.HashSlotMoved -= OnSlotMoved;
        connection.ConfigurationChanged -= OnConfigurationChanged;
    }

    protected void RaiseRestored() => Restored?.Invoke();

    private void OnRestored(object? sender, ConnectionFailedEventArgs e)
    {
        LogRestored(logger, RedisSettings.NameOf(e.EndPoint), e.ConnectionType);
        Current?.Forget();
        RaiseRestored();
    }

    private void OnFailed(object? sender, ConnectionFailedEventArgs e) =>
        LogLost(logger, RedisSettings.NameOf(e.EndPoint), e.ConnectionType, e.FailureType);

    private void OnSlotMoved(object? sender, HashSlotMovedEventArgs e) => Moved?.Invoke();

    private void OnConfigurationChanged(object? sender, EndPointEventArgs e) => Moved?.Invoke();

    [LoggerMessage(1, LogLevel.Warning, "Redis at {Server} lost a connection ({Connection}): {Failure}")]
    private static partial void LogLost(ILogger logger, string server, ConnectionType connection, ConnectionFailureType failure);

    [LoggerMessage(2, LogLevel.Information, "Redis at {Server} is back ({Connection})")]
    private static partial void LogRestored(ILogger logger, string server, ConnectionType connection);
}
