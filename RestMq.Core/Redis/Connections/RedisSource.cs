using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RestMq.Redis.Connections;

/// <summary>
/// Provides the link that calls use now: one connection for all servers (<see cref="DirectSource"/>), or the connection
/// to the present primary (<see cref="Sentinel.SentinelSource"/>).
/// </summary>
internal abstract partial class RedisSource(ILogger logger) : IAsyncDisposable
{
    /// <summary>Gets the time limit of a call, and of opening the connection.</summary>
    public abstract TimeSpan CallTimeout { get; }

    /// <summary>Gets the addresses of the servers, without a password.</summary>
    public abstract string Description { get; }

    /// <summary>
    /// Gets whether a call over the connection ends within <see cref="CallTimeout"/> by itself. The application's own
    /// connection may have a longer time limit.
    /// </summary>
    public abstract bool GivesUpInTime { get; }

    /// <summary>Gets the settings of the connections, or null when the application makes them.</summary>
    public abstract ConfigurationOptions? Configuration { get; }

    /// <summary>Gets the link that calls use now, or null when there is none.</summary>
    public abstract RedisLink? Current { get; }

    /// <summary>Occurs when there is a connection again, perhaps another one. Wake-ups may have been missed.</summary>
    public event Action? Restored;

    /// <summary>
    /// Occurs when servers have changed their roles, as in a cluster's failover or the move of a slot. Some
    /// subscriptions may have moved too.
    /// </summary>
    public event Action? Moved;

    /// <summary>Returns the link that a call may use. Waits for it within <see cref="CallTimeout"/>.</summary>
    /// <exception cref="RestMqUnavailableException">There is no link. The inner exception says why.</exception>
    public abstract ValueTask<RedisLink> LinkAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Completes when a reply over the link counts, because its server is still the primary.
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
