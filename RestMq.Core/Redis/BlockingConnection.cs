using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// A second connection to the same servers, for commands that block it: nothing else goes over it. It is made at the first call and kept; it heals by
/// itself.
/// </summary>
internal sealed class BlockingConnection(RedisStoreOptions options) : IAsyncDisposable
{
    // Beyond the time for which a command may block: for its way to the server and back.
    private static readonly TimeSpan RoundTrip = TimeSpan.FromSeconds(1.25);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private Task<IConnectionMultiplexer>? _connecting;
    private bool _disposed;

    /// <summary>Whether there can be one.</summary>
    public static bool IsPossible(RedisStoreOptions options) => options.ConnectionFactory is null || options.BlockingConnectionFactory is not null;

    public Task<IConnectionMultiplexer> ConnectAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            // A failed attempt is not kept: the next call makes another.
            if (_connecting is null or { IsFaulted: true } or { IsCanceled: true }) _connecting = OpenAsync();
            return _connecting.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<IConnectionMultiplexer>? connecting;
        lock (_lock)
        {
            _disposed = true;
            connecting = _connecting;
        }
        await _closing.CancelAsync().ConfigureAwait(false);
        if (connecting is null) return;
        // An application's own factory may never come back; the connection that it would give is the application's to dispose.
        await Task.WhenAny(connecting, Task.Delay(RoundTrip)).ConfigureAwait(false);
        if (!connecting.IsCompletedSuccessfully || options.ConnectionFactory is not null) return;
        await (await connecting.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
    }

    private async Task<IConnectionMultiplexer> OpenAsync()
    {
        await Task.Yield(); // Connecting does some of its work before its first await, and the caller holds a lock.
        if (options.ConnectionFactory is not null) return await options.BlockingConnectionFactory!(_closing.Token).ConfigureAwait(false);
        var configuration = RedisConnection.Configure(options).Clone();
        configuration.ClientName = $"{configuration.ClientName ?? "RestMq"}-wait";
        configuration.AsyncTimeout = (int)(options.ReplicationTimeout + RoundTrip).TotalMilliseconds;
        return await ConnectionMultiplexer.ConnectAsync(configuration).ConfigureAwait(false);
    }
}
