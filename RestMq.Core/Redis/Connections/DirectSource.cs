using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RestMq.Redis.Connections;

/// <summary>Keeps one connection, which is opened at the first call and reconnects by itself.</summary>
internal sealed class DirectSource(RedisStoreOptions options, ConfigurationOptions? configuration, ILogger logger)
    : RedisSource(logger)
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly bool _isOurs = options is { ConnectionFactory: null, ConfigurationOptions: null };
    private Task<RedisLink>? _connecting;
    private bool _disposed;
    private string? _description;

    public override TimeSpan CallTimeout => _isOurs ? TimeSpan.FromMilliseconds(configuration!.AsyncTimeout) : RedisSettings.DefaultCallTimeout;

    public override string Description =>
        _description ??= configuration is null ? "redis" : string.Join(',', configuration.EndPoints.Select(RedisSettings.NameOf));

    public override bool GivesUpInTime => _isOurs;

    public override ConfigurationOptions? Configuration => configuration;

    public override RedisLink? Current =>
        _connecting is { IsCompletedSuccessfully: true } connected ? connected.GetAwaiter().GetResult() : null;

    public override ValueTask<RedisLink> LinkAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var connecting = _connecting;
        return connecting is { IsCompletedSuccessfully: true } ? new(connecting) : new(WaitAsync(cancellationToken));
    }

    public override async ValueTask DisposeAsync()
    {
        Task<RedisLink>? connecting;
        lock (_lock)
        {
            _disposed = true;
            connecting = _connecting;
        }
        await _closing.CancelAsync().ConfigureAwait(false);
        if (connecting is null) return;
        // The application's factory may never complete. The application disposes the connection that the factory
        // returns.
        await Task.WhenAny(connecting, Task.Delay(CallTimeout)).ConfigureAwait(false);
        if (!connecting.IsCompletedSuccessfully) return;
        var link = await connecting.ConfigureAwait(false);
        Unwatch(link.Multiplexer);
        await link.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<RedisLink> WaitAsync(CancellationToken cancellationToken)
    {
        Task<RedisLink> connecting;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            // A failed attempt is not kept. The next call makes a new one.
            if (_connecting is null or { IsFaulted: true } or { IsCanceled: true }) _connecting = OpenAsync();
            connecting = _connecting;
        }
        return await connecting.WaitAsync(CallTimeout, cancellationToken).ConfigureAwait(false);
    }

    private async Task<RedisLink> OpenAsync()
    {
        await Task.Yield(); // Connecting does some of its work before its first await, and the caller holds a lock.
        var connection = await ConnectAsync(options.ConnectionFactory, configuration, _closing.Token).ConfigureAwait(false);
        Watch(connection);
        _description = string.Join(',', connection.GetEndPoints().Select(RedisSettings.NameOf));
        var prefix = configuration is null ? RedisSettings.ChannelPrefixOf(connection) : (string?)configuration.ChannelPrefix ?? "";
        return new RedisLink(connection, prefix, isOwned: options.ConnectionFactory is null, ConnectBlockingAsync);
    }

    private Task<IConnectionMultiplexer> ConnectBlockingAsync(CancellationToken cancellationToken) =>
        ConnectAsync(options.BlockingConnectionFactory, configuration?.ForBlocking(options.ReplicationTimeout), cancellationToken);

    // Any failure of the application's factory means that the store is away now. A later call runs the factory again.
    private static async Task<IConnectionMultiplexer> ConnectAsync(
        Func<CancellationToken, Task<IConnectionMultiplexer>>? factory, ConfigurationOptions? configuration, CancellationToken cancellationToken)
    {
        if (factory is null) return await ConnectionMultiplexer.ConnectAsync(configuration!).ConfigureAwait(false);
        try
        {
            return await factory(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RestMqUnavailableException(RedisConnection.AwayMessage, e);
        }
    }
}
